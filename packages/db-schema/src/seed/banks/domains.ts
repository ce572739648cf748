/** Something that an application keeps, in code and in words. */
export interface Entity {
  /** invoiceLine */
  camel: string;
  /** InvoiceLine */
  pascal: string;
  /** invoice_line */
  snake: string;
  /** invoice-line */
  kebab: string;
  camelPlural: string;
  pascalPlural: string;
  snakePlural: string;
  kebabPlural: string;
  /** Plural in words: French, English. */
  fr: string;
  en: string;
}

export interface Field {
  camel: string;
  snake: string;
  typescript: string;
  python: string;
  sql: string;
}

/** What an application is about. */
export interface Domain {
  key: string;
  /** As in "an application for …": French with its article, English. */
  fr: string;
  en: string;
  /** For whom: French with its article, English. */
  frAudience: string;
  enAudience: string;
  /** First parts of product names. */
  stems: readonly string[];
  entities: readonly Entity[];
  fields: readonly Field[];
}

const snakeCase = (camel: string): string => camel.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const pascalCase = (camel: string): string => camel.charAt(0).toUpperCase() + camel.slice(1);

function entity(camel: string, camelPlural: string, fr: string): Entity {
  const snake = snakeCase(camel);
  const snakePlural = snakeCase(camelPlural);
  return {
    camel,
    pascal: pascalCase(camel),
    snake,
    kebab: snake.replaceAll("_", "-"),
    camelPlural,
    pascalPlural: pascalCase(camelPlural),
    snakePlural,
    kebabPlural: snakePlural.replaceAll("_", "-"),
    fr,
    en: snakePlural.replaceAll("_", " "),
  };
}

/** The types follow from the name's ending: …Date and …At are times, …Minor and …Count integers, is… booleans. */
function field(camel: string): Field {
  const types = /(Date|At)$/.test(camel)
    ? (["Date", "datetime", "timestamptz"] as const)
    : /(Minor|Count|Minutes|Level|Score)$/.test(camel)
      ? (["number", "int", "integer"] as const)
      : camel.startsWith("is")
        ? (["boolean", "bool", "boolean"] as const)
        : (["string", "str", "text"] as const);
  return { camel, snake: snakeCase(camel), typescript: types[0], python: types[1], sql: types[2] };
}

function domain(
  key: string,
  words: { fr: string; en: string; frAudience: string; enAudience: string },
  stems: string,
  entities: readonly Entity[],
  fields: string,
): Domain {
  return { key, ...words, stems: stems.split(" "), entities, fields: fields.split(" ").map(field) };
}

export const domains: readonly Domain[] = [
  domain(
    "invoicing",
    { fr: "la facturation", en: "invoicing", frAudience: "les indépendants", enAudience: "freelancers" },
    "Factur Ledger Solde",
    [
      entity("invoice", "invoices", "factures"),
      entity("quote", "quotes", "devis"),
      entity("paymentReminder", "paymentReminders", "relances de paiement"),
    ],
    "dueDate amountMinor currency customerName",
  ),
  domain(
    "bakery",
    {
      fr: "la boulangerie de quartier",
      en: "neighbourhood bakeries",
      frAudience: "les artisans boulangers",
      enAudience: "bakers",
    },
    "Fournil Crumb Levain",
    [
      entity("recipe", "recipes", "recettes"),
      entity("batch", "batches", "fournées"),
      entity("standingOrder", "standingOrders", "commandes récurrentes"),
    ],
    "bakedAt pieceCount flourType isOrganic",
  ),
  domain(
    "yoga",
    {
      fr: "les cours de yoga",
      en: "yoga classes",
      frAudience: "les professeurs de yoga",
      enAudience: "yoga teachers",
    },
    "Asana Souffle Lotus",
    [
      entity("lesson", "lessons", "cours"),
      entity("booking", "bookings", "réservations"),
      entity("membership", "memberships", "abonnements"),
    ],
    "startsAt durationMinutes teacherName seatCount",
  ),
  domain(
    "bikeRental",
    {
      fr: "la location de vélos",
      en: "bike rental",
      frAudience: "les loueurs de vélos",
      enAudience: "rental shops",
    },
    "Pedal Bicla Veloce",
    [
      entity("bike", "bikes", "vélos"),
      entity("rental", "rentals", "locations"),
      entity("repairTicket", "repairTickets", "fiches de réparation"),
    ],
    "frameNumber rentedAt returnedAt depositMinor",
  ),
  domain(
    "veterinary",
    {
      fr: "les cliniques vétérinaires",
      en: "veterinary clinics",
      frAudience: "les vétérinaires",
      enAudience: "vets",
    },
    "Patte Vetta Museau",
    [
      entity("patient", "patients", "patients"),
      entity("appointment", "appointments", "rendez-vous"),
      entity("vaccination", "vaccinations", "vaccinations"),
    ],
    "species breed nextVisitDate ownerPhone",
  ),
  domain(
    "recipes",
    {
      fr: "le partage de recettes",
      en: "recipe sharing",
      frAudience: "les familles",
      enAudience: "home cooks",
    },
    "Marmite Tasty Cuillere",
    [
      entity("recipe", "recipes", "recettes"),
      entity("ingredient", "ingredients", "ingrédients"),
      entity("shoppingList", "shoppingLists", "listes de courses"),
    ],
    "preparationMinutes servingCount difficultyLevel publishedAt",
  ),
  domain(
    "realEstate",
    {
      fr: "la gestion locative",
      en: "property management",
      frAudience: "les propriétaires",
      enAudience: "landlords",
    },
    "Bail Domus Clef",
    [
      entity("lease", "leases", "baux"),
      entity("tenant", "tenants", "locataires"),
      entity("inspection", "inspections", "états des lieux"),
    ],
    "rentMinor startDate endDate cityName",
  ),
  domain(
    "jobs",
    { fr: "les offres d'emploi", en: "job offers", frAudience: "les recruteurs", enAudience: "recruiters" },
    "Tremplin Hirely Poste",
    [
      entity("jobOffer", "jobOffers", "offres d'emploi"),
      entity("candidate", "candidates", "candidatures"),
      entity("interview", "interviews", "entretiens"),
    ],
    "salaryMinor contractType publishedAt isRemote",
  ),
  domain(
    "podcast",
    {
      fr: "la diffusion de podcasts",
      en: "podcast publishing",
      frAudience: "les studios de podcasts",
      enAudience: "podcasters",
    },
    "Onde Castly Micro",
    [
      entity("episode", "episodes", "épisodes"),
      entity("show", "shows", "émissions"),
      entity("sponsorSlot", "sponsorSlots", "espaces de parrainage"),
    ],
    "publishedAt durationMinutes audioUrl downloadCount",
  ),
  domain(
    "languages",
    {
      fr: "l'apprentissage des langues",
      en: "language learning",
      frAudience: "les étudiants",
      enAudience: "learners",
    },
    "Polyglo Lexi Vocable",
    [
      entity("flashcard", "flashcards", "cartes mémoire"),
      entity("deck", "decks", "paquets de cartes"),
      entity("reviewSession", "reviewSessions", "séances de révision"),
    ],
    "nextReviewDate easeScore frontText backText",
  ),
  domain(
    "fitness",
    { fr: "le suivi sportif", en: "workout tracking", frAudience: "les salles de sport", enAudience: "gyms" },
    "Elan Fitly Cardio",
    [
      entity("workout", "workouts", "séances d'entraînement"),
      entity("exercise", "exercises", "exercices"),
      entity("bodyMeasurement", "bodyMeasurements", "mesures"),
    ],
    "performedAt repetitionCount restMinutes muscleGroup",
  ),
  domain(
    "ticketing",
    {
      fr: "la billetterie",
      en: "event ticketing",
      frAudience: "les organisateurs de festivals",
      enAudience: "event organisers",
    },
    "Billet Gatepass Scene",
    [
      entity("ticket", "tickets", "billets"),
      entity("venue", "venues", "salles"),
      entity("seatMap", "seatMaps", "plans de salle"),
    ],
    "priceMinor startsAt seatCount promoCode",
  ),
  domain(
    "wine",
    {
      fr: "les caves et les domaines viticoles",
      en: "wine cellars",
      frAudience: "les vignerons",
      enAudience: "wine makers",
    },
    "Cepage Vintra Millesime",
    [
      entity("bottle", "bottles", "bouteilles"),
      entity("tasting", "tastings", "dégustations"),
      entity("cellarSlot", "cellarSlots", "emplacements de cave"),
    ],
    "vintageDate grapeVariety bottleCount regionName",
  ),
  domain(
    "library",
    {
      fr: "les bibliothèques municipales",
      en: "public libraries",
      frAudience: "les bibliothécaires",
      enAudience: "librarians",
    },
    "Rayon Bookly Folio",
    [
      entity("book", "books", "livres"),
      entity("loan", "loans", "emprunts"),
      entity("reader", "readers", "lecteurs"),
    ],
    "isbn borrowedAt returnDate shelfCode",
  ),
  domain(
    "parking",
    {
      fr: "le stationnement partagé",
      en: "shared parking",
      frAudience: "les copropriétés",
      enAudience: "residents",
    },
    "Parkeo Bayspot Place",
    [
      entity("parkingSpot", "parkingSpots", "places de parking"),
      entity("reservation", "reservations", "réservations"),
      entity("accessBadge", "accessBadges", "badges d'accès"),
    ],
    "plateNumber startsAt endsAt priceMinor",
  ),
  domain(
    "gardening",
    {
      fr: "le potager",
      en: "vegetable gardens",
      frAudience: "les jardiniers amateurs",
      enAudience: "gardeners",
    },
    "Semis Sprout Potager",
    [
      entity("plant", "plants", "plantes"),
      entity("gardenBed", "gardenBeds", "carrés de culture"),
      entity("wateringPlan", "wateringPlans", "plans d'arrosage"),
    ],
    "sownAt harvestDate soilType waterLevel",
  ),
  domain(
    "school",
    {
      fr: "la vie scolaire",
      en: "school administration",
      frAudience: "les enseignants",
      enAudience: "teachers",
    },
    "Cartable Classly Tableau",
    [
      entity("pupil", "pupils", "élèves"),
      entity("grade", "grades", "notes"),
      entity("absence", "absences", "absences"),
    ],
    "subjectName gradedAt averageScore className",
  ),
  domain(
    "museum",
    {
      fr: "la visite de musées",
      en: "museum guides",
      frAudience: "les musées de province",
      enAudience: "small museums",
    },
    "Vitrine Curio Galerie",
    [
      entity("artwork", "artworks", "œuvres"),
      entity("guidedTour", "guidedTours", "visites guidées"),
      entity("audioTrack", "audioTracks", "pistes audio"),
    ],
    "artistName roomCode acquiredAt durationMinutes",
  ),
  domain(
    "logistics",
    {
      fr: "la livraison du dernier kilomètre",
      en: "last-mile delivery",
      frAudience: "les coursiers",
      enAudience: "couriers",
    },
    "Colis Parcely Tournee",
    [
      entity("parcel", "parcels", "colis"),
      entity("deliveryRoute", "deliveryRoutes", "tournées"),
      entity("driver", "drivers", "chauffeurs"),
    ],
    "deliveredAt weightScore trackingCode stopCount",
  ),
  domain(
    "leave",
    {
      fr: "la gestion des congés",
      en: "leave management",
      frAudience: "les services RH",
      enAudience: "HR teams",
    },
    "Conge Leavely Absentis",
    [
      entity("leaveRequest", "leaveRequests", "demandes de congés"),
      entity("employee", "employees", "salariés"),
      entity("approval", "approvals", "validations"),
    ],
    "startDate endDate dayCount leaveType",
  ),
  domain(
    "charity",
    { fr: "la collecte de dons", en: "fundraising", frAudience: "les associations", enAudience: "charities" },
    "Elan Givewell Partage",
    [
      entity("donation", "donations", "dons"),
      entity("campaign", "campaigns", "campagnes"),
      entity("taxReceipt", "taxReceipts", "reçus fiscaux"),
    ],
    "amountMinor receivedAt donorEmail isRecurring",
  ),
  domain(
    "restaurant",
    {
      fr: "la réservation de tables",
      en: "table reservations",
      frAudience: "les restaurateurs",
      enAudience: "restaurants",
    },
    "Couvert Tablero Bistro",
    [
      entity("reservation", "reservations", "réservations"),
      entity("diningTable", "diningTables", "tables"),
      entity("menuItem", "menuItems", "plats"),
    ],
    "guestCount reservedAt allergyNote priceMinor",
  ),
  domain(
    "pets",
    {
      fr: "la garde d'animaux",
      en: "pet sitting",
      frAudience: "les propriétaires de chiens",
      enAudience: "dog owners",
    },
    "Truffe Walkies Gamelle",
    [
      entity("walk", "walks", "promenades"),
      entity("pet", "pets", "animaux"),
      entity("sitter", "sitters", "gardiens"),
    ],
    "startsAt durationMinutes petName priceMinor",
  ),
  domain(
    "chess",
    {
      fr: "les clubs d'échecs",
      en: "chess clubs",
      frAudience: "les joueurs de club",
      enAudience: "club players",
    },
    "Roque Gambit Echiquier",
    [
      entity("game", "games", "parties"),
      entity("player", "players", "joueurs"),
      entity("tournamentRound", "tournamentRounds", "rondes de tournoi"),
    ],
    "playedAt ratingScore moveCount openingName",
  ),
  domain(
    "music",
    {
      fr: "les cours de musique",
      en: "music lessons",
      frAudience: "les écoles de musique",
      enAudience: "music schools",
    },
    "Solfa Tempo Arpege",
    [
      entity("lesson", "lessons", "leçons"),
      entity("instrument", "instruments", "instruments"),
      entity("recital", "recitals", "auditions"),
    ],
    "scheduledAt durationMinutes studentName difficultyLevel",
  ),
  domain(
    "hiking",
    { fr: "les randonnées", en: "hiking trails", frAudience: "les randonneurs", enAudience: "hikers" },
    "Sentier Trailo Cairn",
    [
      entity("trail", "trails", "itinéraires"),
      entity("hike", "hikes", "sorties"),
      entity("shelter", "shelters", "refuges"),
    ],
    "distanceScore startsAt elevationLevel regionName",
  ),
  domain(
    "budget",
    { fr: "le budget familial", en: "household budgets", frAudience: "les foyers", enAudience: "families" },
    "Tirelire Budgy Epargne",
    [
      entity("expense", "expenses", "dépenses"),
      entity("budgetCategory", "budgetCategories", "catégories"),
      entity("savingsGoal", "savingsGoals", "objectifs d'épargne"),
    ],
    "amountMinor spentAt merchantName isShared",
  ),
  domain(
    "tutoring",
    { fr: "le soutien scolaire", en: "tutoring", frAudience: "les parents d'élèves", enAudience: "tutors" },
    "Declic Tutora Brevet",
    [
      entity("tutor", "tutors", "professeurs"),
      entity("lessonSlot", "lessonSlots", "créneaux"),
      entity("progressReport", "progressReports", "bilans"),
    ],
    "subjectName startsAt hourlyRateMinor progressScore",
  ),
  domain(
    "carSharing",
    { fr: "l'autopartage", en: "car sharing", frAudience: "les petites communes", enAudience: "small towns" },
    "Volant Rideo Covoit",
    [
      entity("car", "cars", "voitures"),
      entity("trip", "trips", "trajets"),
      entity("damageReport", "damageReports", "constats"),
    ],
    "plateNumber departureAt seatCount costMinor",
  ),
  domain(
    "secondHand",
    {
      fr: "la vente de vêtements d'occasion",
      en: "second-hand clothes",
      frAudience: "les friperies",
      enAudience: "thrift shops",
    },
    "Friperie Rewear Armoire",
    [
      entity("garment", "garments", "vêtements"),
      entity("order", "orders", "commandes"),
      entity("returnParcel", "returnParcels", "retours"),
    ],
    "brandName sizeLabel priceMinor listedAt",
  ),
  domain(
    "photo",
    {
      fr: "les galeries de photos",
      en: "photo galleries",
      frAudience: "les photographes",
      enAudience: "photographers",
    },
    "Cliche Shutter Negatif",
    [
      entity("album", "albums", "albums"),
      entity("photo", "photos", "photos"),
      entity("printOrder", "printOrders", "commandes de tirages"),
    ],
    "takenAt lensName widthCount isPublic",
  ),
  domain(
    "weather",
    {
      fr: "les stations météo",
      en: "weather stations",
      frAudience: "les agriculteurs",
      enAudience: "farmers",
    },
    "Meteo Barom Nuage",
    [
      entity("station", "stations", "stations"),
      entity("reading", "readings", "relevés"),
      entity("frostAlert", "frostAlerts", "alertes de gel"),
    ],
    "measuredAt humidityLevel rainLevel stationCode",
  ),
  domain(
    "support",
    {
      fr: "le support client",
      en: "customer support",
      frAudience: "les petites équipes",
      enAudience: "support teams",
    },
    "Guichet Helpline Accueil",
    [
      entity("ticket", "tickets", "demandes"),
      entity("agent", "agents", "conseillers"),
      entity("cannedReply", "cannedReplies", "réponses types"),
    ],
    "openedAt closedAt priorityLevel channelName",
  ),
  domain(
    "inventory",
    {
      fr: "la gestion de stock",
      en: "stock keeping",
      frAudience: "les commerçants",
      enAudience: "shopkeepers",
    },
    "Stocka Shelfie Entrepot",
    [
      entity("product", "products", "produits"),
      entity("stockMovement", "stockMovements", "mouvements de stock"),
      entity("supplier", "suppliers", "fournisseurs"),
    ],
    "sku quantityCount reorderLevel countedAt",
  ),
  domain(
    "crm",
    {
      fr: "le suivi commercial",
      en: "sales follow-up",
      frAudience: "les commerciaux",
      enAudience: "sales teams",
    },
    "Piste Dealio Relance",
    [
      entity("lead", "leads", "prospects"),
      entity("deal", "deals", "affaires"),
      entity("callNote", "callNotes", "comptes rendus d'appel"),
    ],
    "valueMinor closeDate companyName winScore",
  ),
  domain(
    "clinic",
    {
      fr: "la prise de rendez-vous médicaux",
      en: "medical appointments",
      frAudience: "les cabinets médicaux",
      enAudience: "doctors",
    },
    "Pouls Carebook Cabinet",
    [
      entity("appointment", "appointments", "rendez-vous"),
      entity("prescription", "prescriptions", "ordonnances"),
      entity("patientFile", "patientFiles", "dossiers médicaux"),
    ],
    "startsAt practitionerName durationMinutes isUrgent",
  ),
  domain(
    "coworking",
    {
      fr: "les espaces de coworking",
      en: "coworking spaces",
      frAudience: "les gérants de coworking",
      enAudience: "space managers",
    },
    "Bureau Deskly Atelier",
    [
      entity("desk", "desks", "postes de travail"),
      entity("meetingRoom", "meetingRooms", "salles de réunion"),
      entity("dayPass", "dayPasses", "forfaits journée"),
    ],
    "floorLevel bookedAt seatCount priceMinor",
  ),
  domain(
    "energy",
    {
      fr: "le suivi de la consommation d'énergie",
      en: "energy monitoring",
      frAudience: "les copropriétés",
      enAudience: "building managers",
    },
    "Watt Gridly Compteur",
    [
      entity("meter", "meters", "compteurs"),
      entity("meterReading", "meterReadings", "relevés"),
      entity("savingTip", "savingTips", "conseils d'économie"),
    ],
    "readAt consumptionLevel tariffCode costMinor",
  ),
  domain(
    "wedding",
    {
      fr: "l'organisation de mariages",
      en: "wedding planning",
      frAudience: "les futurs mariés",
      enAudience: "couples",
    },
    "Alliance Vowly Bouquet",
    [
      entity("guest", "guests", "invités"),
      entity("seatingPlan", "seatingPlans", "plans de table"),
      entity("vendor", "vendors", "prestataires"),
    ],
    "invitedAt tableCount mealChoice depositMinor",
  ),
  domain(
    "farmShop",
    {
      fr: "les paniers de légumes",
      en: "vegetable boxes",
      frAudience: "les fermes en circuit court",
      enAudience: "local farms",
    },
    "Panier Harvestly Terroir",
    [
      entity("basket", "baskets", "paniers"),
      entity("pickupPoint", "pickupPoints", "points de retrait"),
      entity("harvest", "harvests", "récoltes"),
    ],
    "pickupDate weightScore priceMinor farmName",
  ),
];
