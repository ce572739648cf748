import { exchange, type Topic, topic } from "./topic.ts";

export const topicsFr: readonly Topic[] = [
  topic(
    "authentication",
    ["Connexion à {project}", "Sessions et mots de passe"],
    exchange(
      [
        "Comment les gens doivent-ils se connecter à {project} ?",
        "Quelle est l'authentification sûre la plus simple pour {project} ?",
      ],
      [
        "Je propose un lien magique envoyé par e-mail : aucun mot de passe à stocker ni à laisser fuiter.",
        "Prenez une bibliothèque maintenue avec des liens par e-mail, et n'ajoutez les mots de passe que si on vous les demande. L'écrire soi-même prend plus de temps qu'il n'y paraît.",
      ],
      [
        "Le jeton doit être aléatoire, à usage unique et valable quinze minutes.",
        "Ne conservez en base que l'empreinte du jeton.",
        "Répondez de la même façon que l'adresse soit connue ou non, pour que personne ne puisse deviner les comptes.",
      ],
    ),
    exchange(
      [
        "Faut-il garder la session dans un JWT ou dans un cookie ?",
        "Où stocker la session, localStorage ou cookie ?",
      ],
      [
        "Un cookie HttpOnly avec un identifiant de session : les scripts ne peuvent pas le lire et vous pouvez le révoquer.",
        "Un cookie signé avec un identifiant opaque suffit ; un JWT dans localStorage est exposé au moindre script injecté.",
      ],
      [
        "Ajoutez Secure et SameSite=Lax.",
        "Changez l'identifiant après chaque connexion pour éviter la fixation de session.",
        "Supprimez la ligne à la déconnexion, ainsi un cookie volé meurt aussitôt.",
      ],
    ),
    exchange(
      [
        "Comment garantir qu'un utilisateur ne voit que ses {entities} ?",
        "Peut-on lire les {entities} d'un autre compte en changeant l'identifiant dans l'URL ?",
      ],
      [
        "Vérifiez le propriétaire dans la requête elle-même, et laissez la sécurité au niveau des lignes de Postgres refuser ce que le code oublie.",
        "Chaque lecture de {table} doit porter une condition sur user_id ; un identifiant seul ne prouve rien.",
      ],
      [
        "Écrivez un test qui demande la ligne d'un autre utilisateur et attend un 404.",
        "Posez l'identifiant avec set_config dans la transaction, jamais sur la connexion partagée.",
        "Journalisez les lectures refusées : c'est soit un bogue, soit une attaque.",
      ],
    ),
  ),
  topic(
    "rest-api",
    ["API REST pour les {entities}", "Points d'accès et format d'erreur"],
    exchange(
      [
        "Quelles routes faut-il pour une API REST sur les {entities} ?",
        "Peux-tu concevoir les points d'accès pour les {entities} ?",
      ],
      [
        "Cinq routes suffisent : lister, lire, créer, modifier et supprimer, toutes sous /api/{table}.",
        "Commencez par GET et POST sur /api/{table}, puis GET, PATCH et DELETE sur /api/{table}/:id.",
      ],
      [
        "Utilisez des noms au pluriel et aucun verbe dans le chemin.",
        "Renvoyez 201 avec la nouvelle ressource après un POST.",
        "Ne versionnez l'API dans le chemin que si vous devez casser un client.",
      ],
    ),
    exchange(
      [
        "Comment paginer une longue liste de données comme les {entities} ?",
        "La liste des {entities} grandit, faut-il des numéros de page ?",
      ],
      [
        "Prenez un curseur composé de created_at et de id ; les décalages deviennent lents et sautent des lignes.",
        "La pagination par clé convient : on demande les lignes qui suivent la dernière vue, triées par date et identifiant.",
      ],
      [
        "Demandez une ligne de plus que la page, et vous saurez s'il existe une suite.",
        "Encodez le curseur pour que les clients ne le fabriquent pas.",
        "Plafonnez la limite à cent.",
      ],
    ),
    exchange(
      [
        "Que doit répondre l'API quand la validation échoue ?",
        "Quel format d'erreur conseilles-tu pour l'API du projet {project} ?",
      ],
      [
        "Répondez 422 avec un code stable par problème et le chemin du champ fautif.",
        "Suivez le format « problem details » : type, titre, statut et liste des champs en erreur.",
      ],
      [
        "Validez à l'entrée avec un schéma et gardez les traitements sans vérification.",
        "Ne répétez jamais la valeur reçue dans le message, elle peut être personnelle.",
        "Documentez chaque code dans le fichier OpenAPI.",
      ],
    ),
  ),
  topic(
    "deployment",
    ["Déploiement de {project} sur Vercel", "Construction et mise en ligne"],
    exchange(
      [
        "Comment déployer {project} sur Vercel ?",
        "Quelles sont les étapes pour mettre {project} en ligne avec Vercel ?",
      ],
      [
        "Reliez le dépôt Git à Vercel, choisissez le framework et ajoutez les variables d'environnement ; chaque envoi sur main déploie ensuite.",
        "Importez le dépôt, renseignez DATABASE_URL et les autres secrets, puis lancez le déploiement. Chaque demande de fusion reçoit sa propre adresse d'aperçu.",
      ],
      [
        "Lancez les migrations dans une étape séparée, avant que la nouvelle version reçoive du trafic.",
        "Utilisez une adresse de connexion mutualisée, car les fonctions serverless ouvrent beaucoup de connexions.",
        "Ajoutez le nom de domaine en dernier, quand l'aperçu fonctionne.",
      ],
    ),
    exchange(
      [
        "La construction échoue en production mais marche chez moi, pourquoi ?",
        "Le déploiement s'arrête sur un module manquant, que vérifier ?",
      ],
      [
        "Le plus souvent, un paquet est en dépendance de développement, ou la casse d'un nom de fichier diffère sous Linux.",
        "Comparez d'abord les versions de Node, puis réinstallez à partir du fichier de verrouillage dans un dossier propre.",
      ],
      [
        "Lancez la construction de production en local avant d'envoyer.",
        "Lisez la première erreur du journal plutôt que la dernière.",
        "Fixez la version de Node dans package.json, champ engines.",
      ],
    ),
    exchange(
      [
        "Comment revenir en arrière après une mauvaise version ?",
        "Que faire quand la nouvelle version de {project} ne marche plus ?",
      ],
      [
        "Remettez en service le déploiement précédent : il est toujours construit et reprend le trafic en quelques secondes.",
        "Revenez d'abord au code précédent, cherchez la cause ensuite ; l'ancienne version est à un clic.",
      ],
      [
        "Gardez une base compatible avec la version d'avant, sinon le retour ne sert à rien.",
        "Placez les fonctions risquées derrière un drapeau pour les couper seules.",
        "Notez ce qui s'est passé pendant que c'est frais.",
      ],
    ),
  ),
  topic(
    "payments",
    ["Paiement avec Stripe", "Abonnements et factures"],
    exchange(
      [
        "Comment ajouter le paiement Stripe à {project} ?",
        "Quel est le moyen le plus rapide d'accepter les cartes ?",
      ],
      [
        "Utilisez Stripe Checkout : votre serveur crée une session, le client paie sur la page de Stripe et revient chez vous.",
        "Créez les produits dans Stripe, ouvrez une session Checkout depuis le serveur et attendez le webhook avant de débloquer quoi que ce soit.",
      ],
      [
        "Ne vous fiez pas à la seule page de succès, on peut l'ouvrir sans payer.",
        "Gardez l'identifiant client de Stripe à côté de l'utilisateur.",
        "Essayez aussi les cartes de test refusées.",
      ],
    ),
    exchange(
      [
        "Comment modéliser les abonnements mensuels et annuels ?",
        "Quelles tables faut-il pour les formules d'abonnement ?",
      ],
      [
        "Une ligne par abonnement dans son état actuel, et un historique d'intervalles avec leur prix ; sans lui, le revenu passé est incalculable.",
        "Reflétez l'abonnement de Stripe dans une table et ajoutez chaque changement de prix ou de statut dans une autre.",
      ],
      [
        "Enregistrez les montants en entiers, dans la plus petite unité de la devise.",
        "Une formule annuelle compte pour un douzième par mois dans le revenu récurrent.",
        "Considérez past_due comme actif jusqu'à l'échec de la dernière tentative.",
      ],
    ),
    exchange(
      [
        "Que se passe-t-il quand une carte est refusée au renouvellement ?",
        "Comment gérer les paiements échoués ?",
      ],
      [
        "Stripe réessaie selon son calendrier et signale chaque essai ; laissez l'accès ouvert quelques jours et envoyez un e-mail aimable.",
        "Passez l'abonnement en past_due, affichez un bandeau pour changer de carte et laissez faire les relances automatiques.",
      ],
      [
        "Ne résiliez qu'après la dernière tentative.",
        "Indiquez au client la facture ouverte et le montant dû.",
        "Mesurez les paiements récupérés : c'est un revenu qui ne coûte rien.",
      ],
    ),
  ),
  topic(
    "schema",
    ["Schéma de base pour les {entities}", "Tables et relations"],
    exchange(
      [
        "Peux-tu proposer un schéma de base de données pour les {entities} ?",
        "De quelles tables {project} a-t-il besoin ?",
      ],
      [
        "Une table {table} avec un propriétaire, un statut et des dates, et une table fille pour ce qui se répète.",
        "Partez des noms : les utilisateurs possèdent des {entities}, et chaque élément garde un historique.",
      ],
      [
        "Prenez des clés UUIDv7 : elles se trient dans le temps et ne révèlent pas le nombre de lignes.",
        "Ajoutez created_at et updated_at avec fuseau horaire dans chaque table.",
        "Écrivez une contrainte pour les statuts autorisés.",
      ],
    ),
    exchange(
      [
        "Faut-il supprimer les lignes de {table} ou seulement les masquer ?",
        "La suppression logique est-elle une bonne idée pour les {entities} ?",
      ],
      [
        "Utilisez une colonne deleted_at si l'on peut annuler ou si d'autres lignes y renvoient ; sinon, supprimez vraiment.",
        "Elle convient, à condition que chaque requête et chaque index unique ignorent les lignes mortes.",
      ],
      [
        "Un index partiel sur les lignes vivantes garde les pages rapides.",
        "Effacez pour de bon les données personnelles après le délai légal.",
        "Mettez la condition dans une vue pour que personne ne l'oublie.",
      ],
    ),
    exchange(
      ["Comment stocker les prix sans erreur d'arrondi ?", "Quel type convient aux montants ?"],
      [
        "Des entiers en centimes, accompagnés du code de la devise.",
        "Un bigint de centimes et une colonne de devise à trois lettres : pas de virgule flottante, pas de surprise.",
      ],
      [
        "Ne mettez en forme qu'à l'affichage.",
        "Certaines devises n'ont pas de décimales, gardez donc une table d'exposants.",
        "Arrondissez une seule fois, à la fin du calcul.",
      ],
    ),
  ),
  topic(
    "indexes",
    ["Requêtes lentes et index", "Index Postgres pour {table}"],
    exchange(
      [
        "La requête sur {table} est lente, quel index faut-il ?",
        "Pourquoi l'affichage des {entities} d'un utilisateur prend-il si longtemps ?",
      ],
      [
        "Créez un index sur user_id et created_at décroissant, dans cet ordre : l'égalité d'abord, le tri ensuite.",
        "Lancez explain analyze ; si vous voyez un parcours séquentiel et un tri, un index composé sur (user_id, created_at desc) supprime les deux.",
      ],
      [
        "Créez-le avec concurrently pour ne pas bloquer les écritures.",
        "Un index partiel sur les lignes non supprimées est plus petit et plus rapide.",
        "Regardez le nombre de blocs lus, il en dit plus que la durée.",
      ],
    ),
    exchange(
      ["Trop d'index peuvent-ils nuire ?", "Puis-je simplement indexer toutes les colonnes de {table} ?"],
      [
        "Oui : chaque index ralentit les insertions et prend de la mémoire, gardez donc ceux qu'une vraie requête utilise.",
        "Non, partez des requêtes lentes et ajoutez un index pour chacune.",
      ],
      [
        "pg_stat_user_indexes montre ceux qui ne servent jamais.",
        "Un index composé remplace souvent deux index simples.",
        "Les clés étrangères méritent un index, sinon les suppressions parcourent la table fille.",
      ],
    ),
    exchange(
      ["Comment lire le résultat de explain analyze ?", "Que signifient les nombres d'un plan d'exécution ?"],
      [
        "Lisez de l'intérieur vers l'extérieur et comparez lignes estimées et réelles ; un facteur cent trahit de mauvaises statistiques.",
        "Cherchez le nœud qui prend le plus de temps, puis le nombre de lignes qu'il rejette.",
      ],
      [
        "Lancez analyze sur la table après un gros import.",
        "Les boucles multiplient la durée affichée, ne les oubliez pas.",
        "Testez avec le volume de production, les petites tables sont toujours parcourues en entier.",
      ],
    ),
  ),
  topic(
    "react",
    ["Composants React pour les {entities}", "État et formulaires en React"],
    exchange(
      [
        "Comment structurer les composants React pour les {entities} ?",
        "Peux-tu découper {Entity}List en composants plus petits ?",
      ],
      [
        "Séparez le chargement de l'affichage : un composant va chercher les données, {Entity}List reçoit des propriétés simples.",
        "Faites de {Entity}List un composant pur avec des éléments et des fonctions de rappel, et gardez la requête dans la page.",
      ],
      [
        "Donnez à chaque ligne une clé stable, jamais l'indice.",
        "Sortez un morceau dans son fichier quand il mérite un nom.",
        "Évitez plus de cinq propriétés, regroupez-les par sens.",
      ],
    ),
    exchange(
      [
        "La liste se redessine à chaque touche, comment l'éviter ?",
        "Pourquoi ma page React est-elle lente pendant la saisie ?",
      ],
      [
        "Gardez le texte du champ dans le composant du champ, ainsi la liste ne change pas.",
        "L'état est placé trop haut : descendez-le, ou différez le filtre avec useDeferredValue.",
      ],
      [
        "Mesurez avec le profileur avant de mettre memo partout.",
        "Les longues listes demandent une virtualisation plutôt qu'une mémoïsation.",
        "Des objets recréés dans les propriétés annulent memo, créez-les en dehors du rendu.",
      ],
    ),
    exchange(
      [
        "Comment valider le formulaire de création des {entities} ?",
        "Comment gères-tu les formulaires en React ?",
      ],
      [
        "Partagez un même schéma entre le formulaire et le serveur, et affichez les messages près des champs.",
        "Prenez une bibliothèque de formulaires reliée à un schéma ; le navigateur vérifie d'abord, le serveur décide.",
      ],
      [
        "Validez à la sortie du champ, puis à chaque frappe s'il y a une erreur.",
        "Ne désactivez le bouton que pendant la requête.",
        "Conservez la saisie si la requête échoue.",
      ],
    ),
  ),
  topic(
    "css",
    ["Mise en page des {entities}", "CSS adaptatif"],
    exchange(
      [
        "Comment disposer les cartes des {entities} dans une grille adaptative ?",
        "Quel CSS donne une grille qui s'adapte à l'écran ?",
      ],
      [
        "La grille CSS avec auto-fill et minmax y arrive sans aucune media query.",
        "Utilisez display grid et repeat(auto-fill, minmax(16rem, 1fr)) : les colonnes apparaissent quand la place le permet.",
      ],
      [
        "Préférez gap aux marges sur les cartes.",
        "Fixez une largeur maximale au conteneur pour les très grands écrans.",
        "Testez à 320 pixels, c'est là que les mises en page cassent.",
      ],
    ),
    exchange(
      [
        "Comment centrer un bloc dans les deux sens ?",
        "Ma fenêtre n'est pas centrée verticalement, que manque-t-il ?",
      ],
      [
        "Mettez display grid et place-items center sur le parent, et donnez-lui une hauteur.",
        "Flexbox avec align-items et justify-content à center fonctionne, pourvu que le parent soit plus haut que l'enfant.",
      ],
      [
        "Sur mobile, utilisez min-height: 100dvh, car la barre d'adresse change la hauteur.",
        "Pour une boîte de dialogue, l'élément dialog se centre tout seul.",
        "Évitez les positions absolues avec des nombres magiques.",
      ],
    ),
    exchange(
      [
        "Comment ajouter un thème sombre à {project} ?",
        "Quelle est une façon propre de gérer le mode sombre ?",
      ],
      [
        "Définissez les couleurs en propriétés personnalisées et redéfinissez-les sous prefers-color-scheme: dark.",
        "Nommez les couleurs par leur rôle, comme surface et accent, et changez les valeurs par un attribut sur la racine.",
      ],
      [
        "Vérifiez le contraste dans les deux thèmes.",
        "Déclarez color-scheme pour que les champs suivent.",
        "Retenez le choix dans un cookie pour éviter un éclair au chargement.",
      ],
    ),
  ),
  topic(
    "email",
    ["Envoi d'e-mails depuis {project}", "E-mails transactionnels"],
    exchange(
      [
        "Comment envoyer un e-mail quand les {entities} changent ?",
        "Quel service {project} doit-il utiliser pour ses e-mails ?",
      ],
      [
        "Écrivez le message dans une table d'envoi, dans la même transaction, et laissez un processus l'expédier par un prestataire.",
        "N'importe quel prestataire transactionnel convient ; l'essentiel est d'envoyer après la validation et de réessayer.",
      ],
      [
        "Prenez l'identifiant de la ligne comme clé d'idempotence, pour que personne ne le reçoive deux fois.",
        "Gardez une version texte à côté du HTML.",
        "Enregistrez les rebonds et cessez d'écrire aux adresses mortes.",
      ],
    ),
    exchange(
      [
        "Nos e-mails arrivent dans les indésirables, que faire ?",
        "Pourquoi Gmail traite-t-il nos messages comme du spam ?",
      ],
      [
        "Configurez d'abord SPF, DKIM et DMARC pour votre domaine ; sans eux, les grands fournisseurs refusent ou cachent les messages.",
        "Authentifiez le domaine, écrivez depuis une vraie adresse et évitez les liens raccourcis.",
      ],
      [
        "Séparez le courrier commercial et le courrier transactionnel par sous-domaine.",
        "Proposez la désinscription en un clic.",
        "Montez en charge doucement sur un domaine neuf.",
      ],
    ),
    exchange(
      [
        "Comment tester les e-mails sans écrire à de vraies personnes ?",
        "Puis-je voir les e-mails de {project} pendant le développement ?",
      ],
      [
        "Interceptez-les avec un serveur SMTP local qui affiche chaque message dans le navigateur.",
        "Injectez l'envoi comme une fonction et laissez les tests recueillir ce qu'elle reçoit.",
      ],
      [
        "Vérifiez le destinataire et le lien, pas tout le HTML.",
        "Bloquez l'envoi réel par une liste d'adresses hors production.",
        "Affichez le modèle dans les deux langues.",
      ],
    ),
  ),
  topic(
    "tests",
    ["Tests de {project}", "Tests unitaires et de bout en bout"],
    exchange(
      ["Quels tests écrire en premier pour {project} ?", "Par où commencer avec les tests automatisés ?"],
      [
        "Commencez par un test de bout en bout du parcours qui rapporte, puis testez les règles où l'on se trompe facilement.",
        "Testez la création des {entities} par l'API contre une vraie base ; cela couvre plus que dix simulacres.",
      ],
      [
        "Donnez à chaque test ses propres données pour qu'ils tournent en parallèle.",
        "Un test qui n'a jamais échoué prouve peu : cassez le code une fois pour voir.",
        "Gardez la suite sous la minute, sinon plus personne ne la lance.",
      ],
    ),
    exchange(
      [
        "Comment tester du code qui utilise la base de données ?",
        "Faut-il simuler Postgres dans les tests de {Entity}Service ?",
      ],
      [
        "Prenez un vrai Postgres : copier une base modèle pour chaque fichier de test prend quelques millisecondes.",
        "Non, simuler le SQL ne fait que répéter ce que l'on croit ; lancez les requêtes et vérifiez les lignes.",
      ],
      [
        "Annulez ou supprimez la base après chaque fichier.",
        "Vérifiez avec un second utilisateur que rien ne fuit.",
        "Figez l'horloge, sinon le test échoue à minuit.",
      ],
    ),
    exchange(
      [
        "Mes tests de bout en bout sont instables, comment les fiabiliser ?",
        "Les tests Playwright échouent de temps en temps, pourquoi ?",
      ],
      [
        "Attendez ce que l'utilisateur voit plutôt qu'une durée, et créez un compte par test.",
        "L'instabilité vient surtout des données partagées et des pauses fixes ; retirez les deux avant d'ajouter des reprises.",
      ],
      [
        "Choisissez les éléments par rôle et par libellé.",
        "Gardez la trace du premier échec.",
        "Remplacez le paiement et l'e-mail, ce n'est pas ce que l'on teste ici.",
      ],
    ),
  ),
  topic(
    "performance",
    ["Accélérer {project}", "Vitesse des pages"],
    exchange(
      [
        "{project} paraît lent, où regarder d'abord ?",
        "Comment savoir pourquoi la page met quatre secondes ?",
      ],
      [
        "Mesurez avant de changer quoi que ce soit : temps du serveur, taille des scripts, nombre de requêtes.",
        "Ouvrez le panneau réseau et voyez si le navigateur attend le serveur ou les scripts ; le remède n'est pas le même.",
      ],
      [
        "Une requête par ligne est le suspect habituel des pages de liste.",
        "Des images sans dimensions font bouger la page pendant le chargement.",
        "Regardez les cinq pour cent d'utilisateurs les plus lents, pas la moyenne.",
      ],
    ),
    exchange(
      [
        "Comment supprimer les requêtes N+1 sur les {entities} ?",
        "Le journal montre une requête par ligne, que faire ?",
      ],
      [
        "Chargez les enfants de toutes les lignes d'un coup avec une jointure ou une liste, puis regroupez en mémoire.",
        "Remplacez la boucle par une seule requête qui joint {table} à ses enfants et les agrège en JSON.",
      ],
      [
        "Comptez les requêtes par appel dans un test.",
        "Un chargeur groupé aide dans les résolveurs GraphQL.",
        "Ne lisez que les colonnes que la page affiche.",
      ],
    ),
    exchange(
      [
        "Le paquet JavaScript est trop gros, comment le réduire ?",
        "Comment réduire ce que le navigateur télécharge ?",
      ],
      [
        "Examinez-le avec un analyseur : une ou deux bibliothèques en font souvent la moitié.",
        "Découpez par route, chargez graphiques et éditeurs à la demande et retirez ce que la plateforme sait déjà faire.",
      ],
      [
        "Les bibliothèques de dates et d'icônes sont souvent en cause.",
        "Servez des fichiers compressés avec une longue durée de cache.",
        "Fixez un budget dans l'intégration continue pour que cela ne regrossisse pas.",
      ],
    ),
  ),
  topic(
    "i18n",
    ["Traduire {project}", "Interface en français et en anglais"],
    exchange(
      [
        "Comment proposer {project} en français et en anglais ?",
        "Quelle est une bonne façon de traduire l'interface ?",
      ],
      [
        "Un fichier de messages par langue, avec des clés par sens, et la langue prise dans le profil de l'utilisateur.",
        "Utilisez des messages ICU : ils gèrent les pluriels et les genres, ce que la concaténation ne sait pas faire.",
      ],
      [
        "Mettez la langue dans le chemin pour que les moteurs indexent les deux.",
        "Laissez le compilateur vérifier qu'aucune clé ne manque.",
        "Prévoyez un tiers de place en plus, le français est plus long.",
      ],
    ),
    exchange(
      [
        "Comment afficher dates et prix selon le pays ?",
        "Pourquoi les utilisateurs français voient-ils des dollars et des dates américaines ?",
      ],
      [
        "Utilisez Intl.DateTimeFormat et Intl.NumberFormat avec la langue de l'utilisateur et la devise du montant.",
        "Le format dépend de la langue, la devise dépend des données : ne déduisez jamais l'une de l'autre.",
      ],
      [
        "Stockez les heures en UTC et le fuseau de l'utilisateur à côté.",
        "Testez un jour de passage à l'heure d'été.",
        "Les espaces insécables des prix français surprennent les tests.",
      ],
    ),
    exchange(
      [
        "Faut-il aussi traduire les textes écrits par les utilisateurs ?",
        "Comment chercher dans les {entities} quand il y a deux langues ?",
      ],
      [
        "Laissez-les tels quels et notez la langue de chaque ligne ; la recherche applique alors les bonnes règles à chaque texte.",
        "Gardez une colonne de langue et construisez le vecteur de recherche avec la configuration correspondante.",
      ],
      [
        "Ignorez les accents des deux côtés, beaucoup de gens les omettent.",
        "Proposez la traduction comme une action, pas par défaut.",
        "Détectez la langue à l'enregistrement et laissez corriger.",
      ],
    ),
  ),
  topic(
    "privacy",
    ["RGPD pour {project}", "Données personnelles et consentement"],
    exchange(
      ["Que demande le RGPD à {project} ?", "Quelles étapes rendent {project} conforme au RGPD ?"],
      [
        "Listez les données personnelles et leur finalité, permettez l'accès et l'effacement, et signez un contrat avec chaque sous-traitant.",
        "Commencez par un registre : quelles données, pour quoi, combien de temps, partagées avec qui.",
      ],
      [
        "Collectez moins, c'est la conformité la moins chère.",
        "Hébergez dans l'Union européenne quand c'est possible.",
        "Signalez une violation sous soixante-douze heures.",
      ],
    ),
    exchange(
      [
        "Comment effacer un utilisateur et les {entities} du compte ?",
        "Un client demande l'oubli, que faut-il supprimer ?",
      ],
      [
        "Supprimez le compte et laissez les clés étrangères propager, mais gardez les factures le temps voulu par la loi fiscale.",
        "Effacez noms et adresses, conservez la comptabilité et remplacez l'identifiant par un pseudonyme dans les statistiques.",
      ],
      [
        "Pensez aux journaux, aux sauvegardes et à l'outil d'analyse.",
        "Confirmez l'effacement dans le mois.",
        "Testez : cherchez ensuite l'adresse dans toute la base.",
      ],
    ),
    exchange(
      [
        "Ai-je besoin d'un bandeau de cookies ?",
        "Puis-je mesurer les visites sans demander le consentement ?",
      ],
      [
        "Les cookies nécessaires au service n'en ont pas besoin ; l'analyse et la publicité, en général, oui.",
        "Mesurez côté serveur sans identifiant, et bien souvent aucun bandeau n'est exigé.",
      ],
      [
        "Refuser doit être aussi simple qu'accepter.",
        "Gardez une preuve du choix.",
        "Lisez les recommandations de la CNIL, elles précisent les exemptions.",
      ],
    ),
  ),
  topic(
    "caching",
    ["Mise en cache des {entities}", "Cache Redis ou HTTP"],
    exchange(
      [
        "Faut-il mettre la liste des {entities} en cache dans Redis ?",
        "Ai-je besoin d'un cache pour {project} ?",
      ],
      [
        "Rendez d'abord la requête rapide ; un bon index supprime souvent le besoin de cache.",
        "Ne mettez en cache que ce qui est lu bien plus souvent qu'écrit et peut dater d'une minute.",
      ],
      [
        "Mettez l'identifiant de l'utilisateur dans la clé, sinon les gens verront les données des autres.",
        "Donnez une durée de vie à chaque clé.",
        "Mesurez le taux de succès : sous la moitié, cela n'en vaut pas la peine.",
      ],
    ),
    exchange(
      [
        "Comment invalider le cache quand les {entities} changent ?",
        "Les utilisateurs voient d'anciennes données après une modification, pourquoi ?",
      ],
      [
        "Supprimez la clé après la validation, ou ajoutez-y un numéro de version que chaque écriture augmente.",
        "Le cache survit à l'écriture : liez la clé à updated_at et les anciennes entrées ne seront plus jamais lues.",
      ],
      [
        "Ne modifiez pas le cache dans la transaction, elle peut être annulée.",
        "Des durées courtes cachent bien des erreurs.",
        "Laissez une seule requête reconstruire l'entrée pendant que les autres attendent.",
      ],
    ),
    exchange(
      [
        "Quels en-têtes de cache HTTP faut-il envoyer ?",
        "Combien de temps les navigateurs peuvent-ils garder nos fichiers ?",
      ],
      [
        "Les fichiers dont le nom contient une empreinte peuvent rester un an ; les pages doivent être revalidées.",
        "Envoyez un ETag avec les réponses de l'API et Cache-Control: private, no-cache pour ce qui appartient à une personne.",
      ],
      [
        "stale-while-revalidate garde les pages rapides pendant une mise à jour.",
        "Variez selon la langue si le contenu en dépend.",
        "Vérifiez avec curl ce qui arrive vraiment.",
      ],
    ),
  ),
  topic(
    "webhooks",
    ["Webhooks de {project}", "Recevoir et envoyer des webhooks"],
    exchange(
      [
        "Comment recevoir les webhooks de Stripe en sécurité ?",
        "Que doit vérifier un point d'accès de webhook ?",
      ],
      [
        "Vérifiez la signature sur le corps brut, enregistrez l'identifiant de l'événement et répondez 200 avant de travailler.",
        "Refusez tout ce qui n'a pas de signature valide, puis rendez le traitement idempotent, car les événements arrivent deux fois.",
      ],
      [
        "Un analyseur qui modifie le corps casse la signature.",
        "Les événements peuvent arriver dans le désordre, relisez donc l'état actuel.",
        "Gardez le contenu quelques semaines pour pouvoir le rejouer.",
      ],
    ),
    exchange(
      [
        "Nous voulons envoyer des webhooks quand les {entities} changent, comment faire ?",
        "Comment construire des webhooks sortants pour {project} ?",
      ],
      [
        "Écrivez une ligne d'envoi avec la modification, et laissez un processus la transmettre avec signature et reprises.",
        "Signez chaque appel avec un secret par client et réessayez pendant un jour avec des pauses croissantes.",
      ],
      [
        "Désactivez une adresse après de nombreux échecs et prévenez son propriétaire.",
        "Bloquez les adresses de réseaux privés, sinon les clients atteignent vos services internes.",
        "Montrez les derniers envois dans l'interface, cela soulage le support.",
      ],
    ),
    exchange(
      ["Comment tester les webhooks sur ma machine ?", "Stripe ne peut pas joindre localhost, que faire ?"],
      [
        "Utilisez l'outil en ligne de commande de Stripe : il transmet les événements à votre port local et affiche le secret.",
        "Un tunnel donne une adresse publique ; pour les tests, mieux vaut signer soi-même un contenu enregistré.",
      ],
      [
        "Gardez un vrai contenu par type d'événement.",
        "Testez aussi une mauvaise signature.",
        "Envoyez deux fois le même événement et attendez un seul effet.",
      ],
    ),
  ),
  topic(
    "uploads",
    ["Envoi de fichiers dans {project}", "Images et pièces jointes"],
    exchange(
      [
        "Comment permettre de joindre des photos aux {entities} ?",
        "Quelle est la meilleure façon d'envoyer des fichiers ?",
      ],
      [
        "Laissez le navigateur envoyer directement vers le stockage objet avec une adresse signée, et n'enregistrez que la clé dans {table}.",
        "Créez une adresse signée côté serveur, envoyez depuis le client et confirmez ensuite ; le serveur ne touche jamais les octets.",
      ],
      [
        "Limitez le type et la taille dans la signature elle-même.",
        "Prenez des noms aléatoires, jamais celui de l'utilisateur.",
        "Supprimez après un jour les fichiers jamais confirmés.",
      ],
    ),
    exchange(
      ["Comment redimensionner les images ?", "Les photos sont trop lourdes, faut-il les convertir ?"],
      [
        "Redimensionnez une fois après l'envoi, en tâche de fond, en trois largeurs et dans un format moderne.",
        "Un service d'images devant le stockage peut redimensionner à la demande et garder le résultat.",
      ],
      [
        "Retirez les métadonnées, elles contiennent le lieu de la prise de vue.",
        "Indiquez toujours largeur et hauteur dans le HTML.",
        "Gardez l'original pour pouvoir reconvertir.",
      ],
    ),
    exchange(
      [
        "Les envois de fichiers sont-ils dangereux ?",
        "Comment protéger {project} contre les fichiers malveillants ?",
      ],
      [
        "Oui : vérifiez le contenu plutôt que l'extension, et servez les fichiers depuis un autre domaine.",
        "Considérez chaque fichier comme hostile, rangez-le hors du dossier public et envoyez-le en pièce jointe.",
      ],
      [
        "Un fichier SVG peut contenir des scripts.",
        "Analysez les documents si les gens les partagent entre eux.",
        "Fixez un quota par utilisateur.",
      ],
    ),
  ),
  topic(
    "search",
    ["Recherche dans les {entities}", "Recherche plein texte avec Postgres"],
    exchange(
      [
        "Comment ajouter une recherche sur les {entities} ?",
        "Postgres sait-il chercher dans les {entities} ou faut-il Elasticsearch ?",
      ],
      [
        "Postgres suffit : une colonne tsvector générée et un index GIN trouvent les mots en quelques millisecondes.",
        "Prenez la recherche plein texte de la base ; il n'y a pas de second système à synchroniser.",
      ],
      [
        "Donnez plus de poids au titre qu'au corps.",
        "Choisissez la langue par ligne pour que les racines soient justes.",
        "Montrez les mots trouvés dans un court extrait.",
      ],
    ),
    exchange(
      [
        "Comment rendre la recherche tolérante aux fautes ?",
        "Les gens écrivent mal les noms, trouveront-ils leurs {entities} ?",
      ],
      [
        "Ajoutez pg_trgm : la similarité sur les noms rattrape la plupart des fautes de frappe.",
        "Quand un mot ne donne rien, cherchez le plus proche du vocabulaire par trigrammes et proposez-le.",
      ],
      [
        "Un index de trigrammes demande au moins trois lettres.",
        "Ne corrigez pas les mots qui existent.",
        "Retirez les accents avant de comparer.",
      ],
    ),
    exchange(
      [
        "Les résultats arrivent dans un ordre étrange, comment les classer ?",
        "Comment améliorer la pertinence de la recherche ?",
      ],
      [
        "Les mots rares doivent compter plus que les mots fréquents ; c'est ce que fait BM25 et que ts_rank ne fait pas.",
        "Réunissez vingt vraies questions avec la réponse attendue, et mesurez avant et après chaque changement.",
      ],
      [
        "On peut donner un petit bonus à ce qui est récent.",
        "D'abord tous les mots, puis n'importe lequel si cela trouve trop peu.",
        "Regardez chaque semaine les recherches sans résultat.",
      ],
    ),
  ),
  topic(
    "dashboard",
    ["Tableau de bord de {project}", "Graphiques et chiffres clés"],
    exchange(
      ["Quels chiffres mettre sur le tableau de bord de {project} ?", "Que montrer sur le premier écran ?"],
      [
        "Trois nombres qui font agir quelqu'un : les {entities} de la semaine, les utilisateurs actifs et les problèmes ouverts.",
        "Demandez-vous quelle décision chaque chiffre change ; ceux qui n'en changent aucune peuvent partir.",
      ],
      [
        "Comparez avec le même jour de la semaine précédente.",
        "Signalez que la journée en cours est incomplète.",
        "Dites juste à côté comment chaque chiffre est défini.",
      ],
    ),
    exchange(
      [
        "Le tableau de bord met dix secondes, comment l'accélérer ?",
        "Pourquoi les statistiques sur les {entities} sont-elles si lentes ?",
      ],
      [
        "Agrégez chaque journée close une fois dans une petite table et n'ajoutez en direct que celle du jour.",
        "Lisez les cumuls quotidiens plutôt que les lignes brutes ; trente lignes vont plus vite qu'un million.",
      ],
      [
        "Recalculez les jours qui ont reçu des données en retard.",
        "Une vue matérialisée est simple mais lente à rafraîchir.",
        "Coupez les jours dans le fuseau du client.",
      ],
    ),
    exchange(
      [
        "Quelle bibliothèque de graphiques conseilles-tu ?",
        "Comment dessiner l'évolution des {entities} par semaine ?",
      ],
      [
        "Pour des courbes et des barres, une bibliothèque légère ou du SVG simple suffit.",
        "Recharts va bien avec React ; pour beaucoup de points, prenez une bibliothèque sur canvas.",
      ],
      [
        "Commencez l'axe des barres à zéro.",
        "Ne comptez pas sur la seule couleur, ajoutez des libellés.",
        "Offrez le tableau derrière le graphique aux lecteurs d'écran.",
      ],
    ),
  ),
  topic(
    "jobs",
    ["Tâches de fond", "File d'attente pour {project}"],
    exchange(
      [
        "Comment lancer en arrière-plan un travail lent comme la création de PDF ?",
        "Faut-il Redis pour une file de tâches ?",
      ],
      [
        "Une table Postgres avec skip locked est une file solide pour des milliers de tâches par minute.",
        "Non, mettez les tâches dans une table : elles naissent dans la même transaction que les {entities} dont elles s'occupent.",
      ],
      [
        "Réservez avec un bail, ainsi un processus qui tombe ne perd rien.",
        "Chaque tâche doit pouvoir tourner deux fois sans dommage.",
        "Mettez une tâche de côté après cinq échecs au lieu de réessayer sans fin.",
      ],
    ),
    exchange(
      [
        "Comment planifier une tâche chaque nuit ?",
        "Où tournent les tâches cron sur un hébergement serverless ?",
      ],
      [
        "Utilisez le planificateur de l'hébergeur pour appeler une route protégée, qui ne fait que mettre du travail en file.",
        "Une fonction planifiée qui prend un verrou consultatif garantit une seule exécution.",
      ],
      [
        "Notez la dernière exécution et alertez si elle manque.",
        "Choisissez une minute impaire, les heures pleines sont encombrées.",
        "Écrivez-la de façon à rattraper une nuit manquée.",
      ],
    ),
    exchange(
      [
        "Comment voir ce que font les processus ?",
        "Certaines tâches semblent bloquées, comment les trouver ?",
      ],
      [
        "Comptez les tâches par état et affichez l'âge de la plus ancienne ; ce nombre dit tout.",
        "Cherchez les baux expirés et la dernière erreur de chaque tâche.",
      ],
      [
        "Écrivez l'identifiant de la tâche dans chaque ligne de journal.",
        "Alertez sur l'âge plutôt que sur la longueur de la file.",
        "Gardez quelques jours les tâches terminées.",
      ],
    ),
  ),
  topic(
    "realtime",
    ["Mises à jour en direct dans {project}", "Notifications en temps réel"],
    exchange(
      [
        "Comment rafraîchir les {entities} à l'écran sans recharger la page ?",
        "WebSocket ou interrogation régulière pour {project} ?",
      ],
      [
        "Les événements envoyés par le serveur suffisent quand lui seul parle ; ils se reconnectent tout seuls.",
        "Interrogez d'abord toutes les vingt secondes : c'est banal, bon marché et rarement le goulot.",
      ],
      [
        "N'envoyez que l'identifiant et laissez le client lire ce qu'il a le droit de voir.",
        "Fermez le flux quand l'onglet est caché.",
        "Numérotez les événements pour qu'un client redemande ce qu'il a manqué.",
      ],
    ),
    exchange(
      [
        "Deux personnes modifient la même fiche, comment ne rien perdre ?",
        "Que se passe-t-il si deux utilisateurs enregistrent en même temps ?",
      ],
      [
        "Renvoyez updated_at avec la modification et refusez-la si la ligne est plus récente : l'utilisateur peut alors fusionner.",
        "Prenez un verrou optimiste avec une colonne de version ; le dernier qui écrit gagne rarement comme on le voudrait.",
      ],
      [
        "Montrez qui a la page ouverte.",
        "Enregistrez champ par champ plutôt que tout le formulaire.",
        "Répondez 409 et gardez le texte saisi.",
      ],
    ),
    exchange(
      [
        "Comment envoyer des notifications push ?",
        "{project} peut-il prévenir les gens quand le navigateur est fermé ?",
      ],
      [
        "Oui, avec le web push : un service worker, un abonnement par appareil et un appel signé au service de push.",
        "Demandez la permission après une action utile, pas à la première visite, et gardez un abonnement par appareil.",
      ],
      [
        "Retirez les abonnements qui répondent 410.",
        "Laissez choisir les événements qui comptent.",
        "Passez à l'e-mail au bout d'une heure.",
      ],
    ),
  ),
];

export const wordsFr = {
  openers: [
    "Bonjour ! ",
    "Me revoilà. ",
    "Encore une chose. ",
    "Petite question. ",
    "Étape suivante. ",
    "Merci, ça marche. ",
  ],
  contexts: [
    "C'est pour {project}.",
    "Nous avons environ deux cents utilisateurs.",
    "Je suis seul sur ce projet, restons simples.",
    "Le code est en TypeScript.",
    "J'ai essayé une première version, mais elle me semble fragile.",
    "Nous mettons en ligne la semaine prochaine.",
    "Cela concerne surtout les {entities}.",
    "Un exemple m'aiderait.",
  ],
  closings: [
    "Je peux écrire le code de {Entity} si vous voulez.",
    "Voulez-vous que je l'ajoute à {project} ?",
    "Dites-moi s'il faut une migration pour {table}.",
    "Je le ferais dans une petite demande de fusion.",
    "Cela vaut aussi pour les autres parties de {project}.",
    "Commencez petit et mesurez.",
  ],
};
