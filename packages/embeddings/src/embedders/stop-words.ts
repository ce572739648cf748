const words = (list: string): ReadonlySet<string> => new Set(list.trim().split(/\s+/));

/** Words that carry grammar and no topic, French and English, without accents. */
export const stopWords = words(`
a about above after again against all also am an and any are as at be because been before being below between both
but by can could did do does doing down during each few for from further had has have having he her here hers him
his how i if in into is it its itself just may me might more most must my no nor not now of off on once one only or
other our out over own same shall she should so some such than that the their them then there these they this those
through to too two under until up upon us very was we were what when where which while who whom why will with within
without would yet you your
ai as au aux avait avec avez avoir ayant c ce ceci cela ces cet cette ceux chez comme comment d dans de des du donc
dont elle elles en encore es est et etaient etait etant ete etes etre eu eux fait faire font furent fut ici il ils j
je jusqu l la le les leur leurs lors lorsqu lorsque lui m ma mais me meme memes mes moi mon n ne ni nos notre nous on
ont ou par pas plus pour pourquoi puis puisque qu quand que quel quelle quelles quels qui quoi s sa sans se sera
serait ses si soit son sont sous suis sur ta tandis te tes toi ton tous tout toute toutes tres tu un une vers voici
voila vos votre vous y
`);

/** Words of questions and explanations that say little of what they are about. */
export const weakWords = words(`
able according actually almost along already although always among another anyone anything appear approach ask
available become behind besides better case cases certain change come concerning consider considered contain create
describe described different discuss discussed done due easy effect either else end enough especially etc even ever
every example exist find first follow following found four full general generally get give given go good great help
hence however important include including indeed instead investigate investigated involve keep kind know known large
last later least less let like likely little long look made main make making many mean means method much nature
necessary need never new next nothing number obtain obtained often order part particular particularly people perform
place point possible present presented problem problems proper propose provide put question questions rather really
reason recent related relation relative report respect result resulting results right second see seen several show
shown similar simple since small solve someone something special specific still study take tell term terms therefore
thing things think though three thus together toward try turn type understand unless use used useful user using usual
usually value various versus want way well whether whose work
afin ainsi alors appelle apres assez aucun aucune aura aussi autre autres avant avons beaucoup bien bon bonne cas
cause certain certaine certains chaque chose choses concernant concerne contre deja demande depuis dernier deux
devoir differents dire dit dois doit doivent effet entre envers exemple existe expliquer facon faut fois genre grand
grande indiquer jamais juste justement laquelle lequel lesquelles lesquels lieu longtemps maniere mettre mieux moins
moment moyen mot notamment nouveau nouvelle obtenir parce parfois parmi partie pendant permet permettre petit peu
peut peuvent peux plusieurs pouvez pouvoir premier premiere prendre pres principe probleme problemes propos propre
quelque quelques rapport relatif rendre reponse savoir selon sens sert seul seule seulement signifie simplement
soient souhaite souvent suivant sujet surtout tant tel telle telles tels temps toujours trop trouver utilise utiliser
vais valeur veut veux vie voir voudrais vrai vraiment
`);
