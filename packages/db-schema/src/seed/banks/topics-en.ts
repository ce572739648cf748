import { exchange, type Topic, topic } from "./topic.ts";

export const topicsEn: readonly Topic[] = [
  topic(
    "authentication",
    ["Sign-in for {project}", "Sessions and passwords"],
    exchange(
      ["How should people sign in to {project}?", "What is the simplest safe authentication for {project}?"],
      [
        "I suggest a magic link sent by e-mail: there is no password to store or to leak.",
        "Use a maintained library such as Better Auth with e-mail links, and add passwords only if users ask for them. Writing it yourself takes longer than it looks.",
      ],
      [
        "Make the token random, single-use and valid for fifteen minutes.",
        "Store only a hash of the token in the database.",
        "Answer the same way whether the address is known or not, so that nobody can probe accounts.",
      ],
    ),
    exchange(
      [
        "Should I keep the session in a JWT or in a cookie?",
        "Where do I store the session, localStorage or a cookie?",
      ],
      [
        "Take an HttpOnly cookie with a session id: scripts cannot read it, and you can revoke it on the server.",
        "A signed cookie with an opaque id is enough here; a JWT in localStorage is exposed to any injected script.",
      ],
      [
        "Set Secure and SameSite=Lax on it.",
        "Rotate the id after each sign-in to prevent session fixation.",
        "Delete the row when the user signs out, so that a stolen cookie dies at once.",
      ],
    ),
    exchange(
      [
        "How do I make sure that a user sees only the own {entities}?",
        "Can one account read the {entities} of another by changing the id in the URL?",
      ],
      [
        "Check the owner in the query itself, and let row level security in Postgres refuse what the code forgets.",
        "Every read of {table} needs a condition on user_id; an id alone proves nothing.",
      ],
      [
        "Write one test that asks for another user's row and expects a 404.",
        "Set the user id with set_config inside the transaction, never on the pooled connection.",
        "Log refused reads, because they are either a bug or an attack.",
      ],
    ),
  ),
  topic(
    "rest-api",
    ["REST API for {entities}", "Endpoints and error format"],
    exchange(
      ["What routes does a REST API for {entities} need?", "Can you design the endpoints for {entities}?"],
      [
        "Five routes are enough: list, read, create, update and delete, all under /api/{table}.",
        "Start with GET and POST on /api/{table}, then GET, PATCH and DELETE on /api/{table}/:id.",
      ],
      [
        "Use plural nouns and no verbs in the path.",
        "Return 201 with the new resource after a POST.",
        "Version the API in the path only when you must break a client.",
      ],
    ),
    exchange(
      [
        "How do I paginate a long list of {entities}?",
        "The list of {entities} grows, should I use page numbers?",
      ],
      [
        "Use a cursor made of created_at and id; offsets become slow and skip rows when new ones arrive.",
        "Keyset pagination fits: ask for rows after the last one seen, ordered by date and id.",
      ],
      [
        "Ask for one row more than the page holds, and you know whether there is a next page.",
        "Encode the cursor so that clients do not build it themselves.",
        "Cap the limit at one hundred.",
      ],
    ),
    exchange(
      [
        "What should the API answer when validation fails?",
        "Which error format do you recommend for the API of {project}?",
      ],
      [
        "Answer 422 with one stable code per problem and the path of the wrong field.",
        "Follow the problem details format: type, title, status and a list of field errors.",
      ],
      [
        "Validate at the edge with a schema and keep the handlers free of checks.",
        "Never echo the received value in the message, it may be personal.",
        "Document each code in the OpenAPI file.",
      ],
    ),
  ),
  topic(
    "deployment",
    ["Deploying {project} on Vercel", "Build and release"],
    exchange(
      ["How do I deploy {project} on Vercel?", "What are the steps to put {project} on line with Vercel?"],
      [
        "Connect the Git repository in Vercel, choose the framework preset and add the environment variables; every push to main then deploys.",
        "Import the repository, set DATABASE_URL and the other secrets, and press Deploy. Each pull request gets its own preview address.",
      ],
      [
        "Run the migrations in a separate step before the new version takes traffic.",
        "Use a pooled connection string, because serverless functions open many connections.",
        "Add the custom domain last, when the preview works.",
      ],
    ),
    exchange(
      [
        "The build fails in production but works on my machine, why?",
        "Deployment stops with a missing module, what can I check?",
      ],
      [
        "Most often a package is a dev dependency, or the case of a file name differs on Linux.",
        "Compare the Node versions first, then install from the lock file with a clean folder and build again.",
      ],
      [
        "Run the production build locally before you push.",
        "Read the first error in the log rather than the last one.",
        "Pin the Node version in package.json under engines.",
      ],
    ),
    exchange(
      ["How can I roll back a bad release?", "What do I do when the new version of {project} breaks?"],
      [
        "Promote the previous deployment in the dashboard: it is still built and takes traffic within seconds.",
        "Roll back the code first, then look for the cause; the old build is one click away.",
      ],
      [
        "Keep database changes compatible with the previous version, or the rollback will not help.",
        "Put risky features behind a flag so that you can switch them off alone.",
        "Write down what happened while it is fresh.",
      ],
    ),
  ),
  topic(
    "payments",
    ["Payments with Stripe", "Subscriptions and invoices"],
    exchange(
      ["How do I add Stripe payments to {project}?", "What is the quickest way to take card payments?"],
      [
        "Use Stripe Checkout: your server creates a session, the customer pays on Stripe's page and comes back to you.",
        "Create the products in Stripe, open a Checkout session from the server and wait for the webhook before you unlock anything.",
      ],
      [
        "Never trust the success page alone, people can open it without paying.",
        "Store the customer id of Stripe beside the user.",
        "Use the test cards to try a refused payment as well.",
      ],
    ),
    exchange(
      [
        "How should I model monthly and yearly subscriptions?",
        "Which tables do I need for subscription plans?",
      ],
      [
        "Keep one row per subscription as it is now and a history of priced intervals; past revenue cannot be computed without the second.",
        "Mirror the subscription of Stripe in a table and append every change of price or status to another one.",
      ],
      [
        "Save amounts as integers in the smallest unit of the currency.",
        "A yearly plan counts a twelfth per month in recurring revenue.",
        "Treat past_due as active until the last retry has failed.",
      ],
    ),
    exchange(
      ["What happens when a card is refused at renewal?", "How do I handle failed payments?"],
      [
        "Stripe retries on its own schedule and reports each try; keep access open for some days and send a friendly e-mail.",
        "Mark the subscription past_due, show a banner with a link to update the card and let the smart retries work.",
      ],
      [
        "Cancel only after the last retry.",
        "Tell the customer which invoice is open and how much is due.",
        "Measure how many payments come back, it is revenue that costs nothing.",
      ],
    ),
  ),
  topic(
    "schema",
    ["Database schema for {entities}", "Tables and relations"],
    exchange(
      ["Can you propose a database schema for {entities}?", "Which tables does {project} need?"],
      [
        "One table {table} with an owner, a status and timestamps, and a child table for what can repeat.",
        "Start from the nouns: users own {entities}, and each of them has a history of events.",
      ],
      [
        "Use UUIDv7 keys, they sort by time and do not reveal how many rows you have.",
        "Add created_at and updated_at with time zone to every table.",
        "Write a check constraint for the allowed statuses.",
      ],
    ),
    exchange(
      ["Should I delete rows of {table} or only hide them?", "Is soft delete a good idea for {entities}?"],
      [
        "Use a deleted_at column if users may undo or if other rows refer to them; otherwise delete for real.",
        "Soft delete is fine, provided that every query and every unique index ignores the dead rows.",
      ],
      [
        "A partial index on live rows keeps the pages fast.",
        "Erase personal data for good after the legal delay.",
        "Put the condition into a view so that nobody forgets it.",
      ],
    ),
    exchange(
      ["How do I store prices without rounding errors?", "Which type is right for amounts of money?"],
      [
        "Store integers in minor units together with the currency code.",
        "A bigint of cents and a three-letter currency column: no floating point, no surprises.",
      ],
      [
        "Format amounts only when you display them.",
        "Some currencies have no decimals, so keep a table of exponents.",
        "Round once, at the end of the calculation.",
      ],
    ),
  ),
  topic(
    "indexes",
    ["Slow queries and indexes", "Postgres index for {table}"],
    exchange(
      [
        "The query on {table} is slow, which index do I need?",
        "Why does listing the {entities} of a user take so long?",
      ],
      [
        "Create an index on user_id and created_at descending, in this order: the equality first, the sort after.",
        "Run explain analyze; if you see a sequential scan with a sort, a composite index on (user_id, created_at desc) removes both.",
      ],
      [
        "Create it concurrently, so that writes go on.",
        "A partial index on rows that are not deleted is smaller and faster.",
        "Look at the number of buffers read, it tells more than the time.",
      ],
    ),
    exchange(
      ["Can too many indexes hurt?", "Should I simply index every column of {table}?"],
      [
        "Yes: each index slows every insert and takes memory, so keep those that a real query uses.",
        "No, start from the slow queries and add one index for each of them.",
      ],
      [
        "pg_stat_user_indexes shows those that are never scanned.",
        "One composite index often replaces two simple ones.",
        "Foreign keys deserve an index, otherwise deletes scan the child table.",
      ],
    ),
    exchange(
      ["How do I read the output of explain analyze?", "What do the numbers in a query plan mean?"],
      [
        "Read from the inside out and compare estimated with real rows; a factor of a hundred means bad statistics.",
        "Look for the node where most of the time is spent, then at how many rows it throws away.",
      ],
      [
        "Run analyze on the table after a large import.",
        "Loops multiply the time shown, so do not forget them.",
        "Test with the data volume of production, small tables are always scanned.",
      ],
    ),
  ),
  topic(
    "react",
    ["React components for {entities}", "State and forms in React"],
    exchange(
      [
        "How do I structure the React components for {entities}?",
        "Can you split {Entity}List into smaller components?",
      ],
      [
        "Separate loading from showing: one component fetches, {Entity}List receives plain props and renders.",
        "Make {Entity}List a pure component with items and callbacks, and keep the request in the page.",
      ],
      [
        "Give each row a stable key, never the index.",
        "Move a piece into its own file when it has a name of its own.",
        "Avoid passing more than five props, group them by meaning.",
      ],
    ),
    exchange(
      [
        "The list renders again at every keystroke, how do I stop that?",
        "Why is my React page slow while I type?",
      ],
      [
        "Keep the text of the field in the field's own component, so that the list above does not change.",
        "The state lives too high: move it down, or defer the filter with useDeferredValue.",
      ],
      [
        "Measure with the profiler before you add memo everywhere.",
        "Long lists need virtualisation rather than memoisation.",
        "New objects in props defeat memo, so create them outside the render.",
      ],
    ),
    exchange(
      ["How should I validate the form for new {entities}?", "Which way do you handle forms in React?"],
      [
        "Share one schema between the form and the server, and show the messages next to the fields.",
        "Use a form library with a schema resolver; the browser checks first and the server decides.",
      ],
      [
        "Validate on blur, then on change once there is an error.",
        "Disable the button only while the request runs.",
        "Keep what the user typed when the request fails.",
      ],
    ),
  ),
  topic(
    "css",
    ["Layout of the {entities} page", "Responsive CSS"],
    exchange(
      [
        "How do I lay out the cards of {entities} in a responsive grid?",
        "Which CSS gives a grid that adapts to the screen?",
      ],
      [
        "CSS grid with auto-fill and minmax does it without any media query.",
        "Use display grid and repeat(auto-fill, minmax(16rem, 1fr)): columns appear when there is room.",
      ],
      [
        "Use gap rather than margins on the cards.",
        "Set a maximum width on the container for very wide screens.",
        "Test at 320 pixels, that is where layouts break.",
      ],
    ),
    exchange(
      ["How can I centre a block both ways?", "My dialog is not centred vertically, what is missing?"],
      [
        "Put display grid and place-items center on the parent, and give it a height.",
        "Flexbox with align-items and justify-content set to center works, as long as the parent is taller than the child.",
      ],
      [
        "Use min-height: 100dvh on mobile, the address bar changes the height.",
        "For dialogs prefer the dialog element, the browser centres it.",
        "Avoid absolute positions with magic numbers.",
      ],
    ),
    exchange(
      ["How do I add a dark theme to {project}?", "What is a clean way to support dark mode?"],
      [
        "Define colours as custom properties and redefine them under prefers-color-scheme: dark.",
        "Name colours by their role, such as surface and accent, and swap the values with a data attribute on the root.",
      ],
      [
        "Check the contrast in both themes.",
        "Set color-scheme so that form controls follow.",
        "Remember the choice in a cookie to avoid a flash at loading.",
      ],
    ),
  ),
  topic(
    "email",
    ["Sending e-mails from {project}", "Transactional e-mail"],
    exchange(
      [
        "How do I send e-mails when {entities} change?",
        "Which service should {project} use to send e-mails?",
      ],
      [
        "Write the message to an outbox table in the same transaction and let a worker send it through a provider such as Postmark or Resend.",
        "Any transactional provider will do; what matters is to send after the commit and to retry.",
      ],
      [
        "Use the row's id as idempotency key, so that nobody gets it twice.",
        "Keep a plain text part beside the HTML.",
        "Record bounces and stop writing to dead addresses.",
      ],
    ),
    exchange(
      ["Our e-mails land in the spam folder, what can I do?", "Why does Gmail treat our messages as spam?"],
      [
        "Set up SPF, DKIM and DMARC for your domain first; without them large providers refuse or hide messages.",
        "Authenticate the domain, send from a real address and avoid links through shorteners.",
      ],
      [
        "Keep marketing and transactional mail on different subdomains.",
        "Offer a one-click unsubscribe header.",
        "Warm up a new domain slowly.",
      ],
    ),
    exchange(
      [
        "How do I test e-mails without writing to real people?",
        "Can I preview the e-mails of {project} during development?",
      ],
      [
        "Catch them with a local SMTP server that shows every message in the browser.",
        "Inject the mailer as a function and let the tests collect what it receives.",
      ],
      [
        "Assert on the recipient and on the link, not on the whole HTML.",
        "Block real sending by an allow list in every environment but production.",
        "Render the template in both languages.",
      ],
    ),
  ),
  topic(
    "tests",
    ["Testing {project}", "Unit and end-to-end tests"],
    exchange(
      ["Which tests should I write first for {project}?", "Where do I start with automated tests?"],
      [
        "Begin with one end-to-end test of the path that earns money, then test the rules that are easy to get wrong.",
        "Test the creation of {entities} through the API against a real database; it covers more than ten mocks.",
      ],
      [
        "Give each test its own data so that they can run in parallel.",
        "A test that never failed proves little: break the code once and see.",
        "Keep the suite under a minute or people stop running it.",
      ],
    ),
    exchange(
      [
        "How do I test code that uses the database?",
        "Should I mock Postgres in the tests of {Entity}Service?",
      ],
      [
        "Use a real Postgres: a template database copied for each test file takes some milliseconds.",
        "No, mocks of SQL only repeat what you believe; run the queries and check the rows.",
      ],
      [
        "Roll back or drop the database after each file.",
        "Check with a second user that nothing leaks.",
        "Fix the clock, otherwise the test fails at midnight.",
      ],
    ),
    exchange(
      [
        "My end-to-end tests are flaky, how do I make them stable?",
        "Playwright tests fail from time to time, why?",
      ],
      [
        "Wait for what the user sees rather than for a time, and let every test create its own account.",
        "Most flakiness comes from shared data and fixed sleeps; remove both before you add retries.",
      ],
      [
        "Select elements by role and label.",
        "Keep the trace of the first failure.",
        "Stub payment and e-mail, they are not what you test here.",
      ],
    ),
  ),
  topic(
    "performance",
    ["Making {project} faster", "Page speed"],
    exchange(
      [
        "{project} feels slow, where should I look first?",
        "How do I find out why the page takes four seconds?",
      ],
      [
        "Measure before changing anything: look at the server time, the size of the bundle and the number of requests.",
        "Open the network panel and find whether the browser waits for the server or for scripts; the cure differs.",
      ],
      [
        "An N+1 query is the usual suspect on list pages.",
        "Images without dimensions move the page while it loads.",
        "Look at the slowest five percent of users, not at the mean.",
      ],
    ),
    exchange(
      ["How do I get rid of N+1 queries on {entities}?", "The log shows one query per row, what now?"],
      [
        "Load the children of all rows at once with a join or with an IN list, and group them in memory.",
        "Replace the loop by one query that joins {table} with its children and aggregates them as JSON.",
      ],
      [
        "Count the queries per request in a test.",
        "A data loader helps in GraphQL resolvers.",
        "Select only the columns that the page shows.",
      ],
    ),
    exchange(
      [
        "The JavaScript bundle is too big, how do I shrink it?",
        "How can I reduce what the browser has to download?",
      ],
      [
        "Look at the bundle with an analyser: one or two libraries usually make half of it.",
        "Split by route, load charts and editors on demand and drop libraries that the platform has replaced.",
      ],
      [
        "Date libraries and icon sets are frequent offenders.",
        "Serve compressed files with long cache times.",
        "Set a budget in the pipeline so that it does not grow again.",
      ],
    ),
  ),
  topic(
    "i18n",
    ["Translating {project}", "French and English interface"],
    exchange(
      ["How do I offer {project} in French and English?", "What is a good way to translate the interface?"],
      [
        "Keep messages in one file per language, with keys by meaning, and take the language from the user's profile.",
        "Use ICU messages: they handle plurals and gender, which string concatenation cannot.",
      ],
      [
        "Put the language in the path so that search engines index both.",
        "Let the compiler check that no key is missing.",
        "Leave a third more room, French is longer.",
      ],
    ),
    exchange(
      [
        "How should I format dates and prices for each country?",
        "Why do French users see dollars and American dates?",
      ],
      [
        "Use Intl.DateTimeFormat and Intl.NumberFormat with the user's locale and the currency of the amount.",
        "Formatting belongs to the locale, the currency to the data: never derive one from the other.",
      ],
      [
        "Store times in UTC and the time zone of the user beside.",
        "Test with a day where summer time begins.",
        "Non-breaking spaces in French prices surprise tests.",
      ],
    ),
    exchange(
      [
        "Should the texts that users write be translated too?",
        "How do I search {entities} written in two languages?",
      ],
      [
        "Leave them as they are and store the language of each row; search can then stem each text by its own rules.",
        "Keep a language column and build the search vector with the configuration of that language.",
      ],
      [
        "Fold accents on both sides, many people type without them.",
        "Offer translation as an action, not as a default.",
        "Detect the language when the text is saved and let the user correct it.",
      ],
    ),
  ),
  topic(
    "privacy",
    ["GDPR for {project}", "Personal data and consent"],
    exchange(
      ["What does the GDPR require of {project}?", "Which steps make {project} comply with the GDPR?"],
      [
        "List what personal data you keep and why, give people access and erasure, and sign a contract with every processor.",
        "Start with a register: which data, for what purpose, how long, shared with whom.",
      ],
      [
        "Collect less, it is the cheapest form of compliance.",
        "Host in the European Union when you can.",
        "Report a breach within seventy-two hours.",
      ],
    ),
    exchange(
      [
        "How do I erase a user and the {entities} that belong to the account?",
        "A customer asks to be forgotten, what has to go?",
      ],
      [
        "Delete the account and let foreign keys cascade, but keep invoices as long as the tax law demands.",
        "Erase names and addresses, keep accounting records, and replace the id by a pseudonym in statistics.",
      ],
      [
        "Remember logs, backups and the analytics tool.",
        "Confirm the erasure within one month.",
        "Test it: search the whole database for the address afterwards.",
      ],
    ),
    exchange(
      ["Do I need a cookie banner?", "Can I measure visits without asking for consent?"],
      [
        "Cookies that are needed for the service need no consent; analytics and advertising usually do.",
        "Measure on the server without identifiers, and in many cases no banner is required.",
      ],
      [
        "Refusing must be as easy as accepting.",
        "Keep a proof of the choice.",
        "Read the guidance of your national authority, the rules differ a little.",
      ],
    ),
  ),
  topic(
    "caching",
    ["Caching {entities}", "Redis or HTTP cache"],
    exchange(
      ["Should I cache the list of {entities} in Redis?", "Do I need a cache for {project}?"],
      [
        "First make the query fast; a good index often removes the need for a cache.",
        "Cache only what is read far more often than written and may be a minute old.",
      ],
      [
        "Use the user id in the key, or people will see each other's data.",
        "Give every key a lifetime.",
        "Measure the hit rate, below half it is not worth the trouble.",
      ],
    ),
    exchange(
      [
        "How do I invalidate the cache when {entities} change?",
        "Users see old data after an update, what is wrong?",
      ],
      [
        "Delete the key after the commit, or put a version number into it and raise it with each write.",
        "The cache outlives the write: tie the key to updated_at and old entries are simply never read again.",
      ],
      [
        "Do not update the cache inside the transaction, it may roll back.",
        "Short lifetimes hide many mistakes.",
        "Let one request rebuild the entry while the others wait.",
      ],
    ),
    exchange(
      ["Which HTTP cache headers should I set?", "How long may browsers keep our files?"],
      [
        "Files with a hash in the name may be kept a year and immutable; pages should be revalidated.",
        "Send an ETag with API answers and Cache-Control: private, no-cache for what belongs to one user.",
      ],
      [
        "stale-while-revalidate keeps pages quick during a refresh.",
        "Vary by language if the content does.",
        "Check with curl what really arrives.",
      ],
    ),
  ),
  topic(
    "webhooks",
    ["Webhooks of {project}", "Receiving and sending webhooks"],
    exchange(
      ["How do I receive Stripe webhooks safely?", "What must a webhook endpoint check?"],
      [
        "Verify the signature over the raw body, store the event id and answer 200 before you do the work.",
        "Refuse anything without a valid signature, then make the handler idempotent because events come twice.",
      ],
      [
        "Parsers that touch the body break the signature.",
        "Events may arrive out of order, so read the current state again.",
        "Keep the payload for a few weeks to replay it.",
      ],
    ),
    exchange(
      [
        "We want to send webhooks when {entities} change, how?",
        "How do I build outgoing webhooks for {project}?",
      ],
      [
        "Write an outbox row with the change, and let a worker post it with a signature and retries.",
        "Sign each request with a secret per customer and retry with growing pauses for a day.",
      ],
      [
        "Disable an address after many failures and tell its owner.",
        "Block private network addresses, or customers can reach your internals.",
        "Show the last deliveries in the interface, it saves support.",
      ],
    ),
    exchange(
      ["How can I test webhooks on my machine?", "Stripe cannot reach localhost, what do I do?"],
      [
        "Use the Stripe command line tool: it forwards events to your local port and prints the signing secret.",
        "A tunnel gives you a public address; for tests it is better to sign a stored payload yourself.",
      ],
      [
        "Save one real payload for each event type.",
        "Test a wrong signature as well.",
        "Send the same event twice and expect one effect.",
      ],
    ),
  ),
  topic(
    "uploads",
    ["Uploading files to {project}", "Images and attachments"],
    exchange(
      ["How do I let users attach photos to {entities}?", "What is the best way to upload files?"],
      [
        "Let the browser upload straight to object storage with a signed URL, and save only the key in {table}.",
        "Create a presigned URL on the server, upload from the client and confirm afterwards; the server never touches the bytes.",
      ],
      [
        "Limit type and size in the signature itself.",
        "Use random names, never the file name of the user.",
        "Delete files that were never confirmed after a day.",
      ],
    ),
    exchange(
      ["How do I resize images?", "The photos are too heavy, should I convert them?"],
      [
        "Resize once after the upload in a background job, into three widths and a modern format.",
        "An image service in front of the storage can resize on request and cache the result.",
      ],
      [
        "Strip the metadata, it contains the place where the photo was taken.",
        "Always set width and height in the HTML.",
        "Keep the original so that you can convert again.",
      ],
    ),
    exchange(
      ["Are uploads dangerous?", "How do I protect {project} against malicious files?"],
      [
        "Yes: check the content rather than the extension, and serve files from another domain.",
        "Treat each file as hostile, store it outside the web root and send it as an attachment.",
      ],
      [
        "SVG files can contain scripts.",
        "Scan documents if people share them with each other.",
        "Set a quota per user.",
      ],
    ),
  ),
  topic(
    "search",
    ["Searching {entities}", "Full-text search in Postgres"],
    exchange(
      [
        "How do I add a search box over {entities}?",
        "Can Postgres search {entities} or do I need Elasticsearch?",
      ],
      [
        "Postgres is enough: a generated tsvector column with a GIN index finds words in milliseconds.",
        "Use full-text search in the database; there is no second system to keep in step.",
      ],
      [
        "Weight the title more than the body.",
        "Choose the language per row, so that stems are right.",
        "Show the matching words in a short extract.",
      ],
    ),
    exchange(
      ["How can the search tolerate typos?", "Users misspell names, will they find their {entities}?"],
      [
        "Add pg_trgm: similarity on names catches most typing errors.",
        "When a word has no hit, look for the nearest word of the vocabulary by trigrams and offer it as a suggestion.",
      ],
      [
        "A trigram index needs at least three letters.",
        "Do not correct words that do exist.",
        "Fold accents before you compare.",
      ],
    ),
    exchange(
      [
        "The results come in a strange order, how do I rank them?",
        "How do I improve the relevance of the search?",
      ],
      [
        "Rare words should count more than frequent ones; that is what BM25 does and ts_rank does not.",
        "Collect twenty real questions with the expected answer and measure before and after each change.",
      ],
      [
        "Recent {entities} may get a small bonus.",
        "All words first, any word if that finds too little.",
        "Look at queries without results every week.",
      ],
    ),
  ),
  topic(
    "dashboard",
    ["Dashboard for {project}", "Charts and key figures"],
    exchange(
      ["Which figures belong on the dashboard of {project}?", "What should I show on the first screen?"],
      [
        "Three numbers that someone acts upon: new {entities}, active users of the week and open problems.",
        "Ask what decision each figure changes; those without an answer can go.",
      ],
      [
        "Compare with the same weekday of last week.",
        "Mark the current day as incomplete.",
        "Say how each figure is defined, right beside it.",
      ],
    ),
    exchange(
      [
        "The dashboard takes ten seconds, how do I speed it up?",
        "Why are the statistics on {entities} so slow?",
      ],
      [
        "Aggregate each closed day once into a small table and add only today's rows live.",
        "Read from daily rollups rather than from raw rows; thirty rows are quicker than a million.",
      ],
      [
        "Recompute days that received late data.",
        "A materialized view is simple but slow to refresh.",
        "Cut days in the time zone of the customer.",
      ],
    ),
    exchange(
      ["Which chart library do you recommend?", "How do I draw the evolution of {entities} per week?"],
      [
        "For lines and bars a light library such as uPlot or plain SVG is enough.",
        "Recharts fits React well; for many points take a canvas library.",
      ],
      [
        "Start the axis of bars at zero.",
        "Do not use colour alone, add labels.",
        "Offer the table behind the chart for screen readers.",
      ],
    ),
  ),
  topic(
    "jobs",
    ["Background jobs", "Queue for {project}"],
    exchange(
      ["How do I run slow work such as PDF creation in the background?", "Do I need Redis for a job queue?"],
      [
        "A table in Postgres with skip locked is a solid queue for thousands of jobs per minute.",
        "No, put the jobs in a table: they are created in the same transaction as the {entities} they concern.",
      ],
      [
        "Claim with a lease so that a crashed worker loses nothing.",
        "Make each job safe to run twice.",
        "Park a job after five failures instead of retrying for ever.",
      ],
    ),
    exchange(
      ["How do I schedule a task every night?", "Where do cron jobs run on serverless hosting?"],
      [
        "Use the scheduler of the host to call a protected route, and let that route only enqueue work.",
        "A scheduled function that takes an advisory lock makes sure that it runs once.",
      ],
      [
        "Store when it ran last and alert if it did not.",
        "Choose an odd minute, full hours are crowded.",
        "Write it so that a missed night is caught up.",
      ],
    ),
    exchange(
      ["How can I see what the workers are doing?", "Some jobs seem stuck, how do I find them?"],
      [
        "Count jobs by state and show the age of the oldest one; that number tells you everything.",
        "Look for leases that have expired and for the last error of each job.",
      ],
      [
        "Log the job id with every line.",
        "Alert on age rather than on queue length.",
        "Keep finished jobs for some days.",
      ],
    ),
  ),
  topic(
    "realtime",
    ["Live updates in {project}", "Notifications in real time"],
    exchange(
      ["How do I show new {entities} without reloading the page?", "WebSocket or polling for {project}?"],
      [
        "Server-sent events are enough when only the server speaks; they reconnect by themselves.",
        "Poll every twenty seconds first: it is boring, cheap and rarely the bottleneck.",
      ],
      [
        "Send only the id and let the client fetch what it may see.",
        "Close the stream when the tab is hidden.",
        "Number the events so that a client can ask for what it missed.",
      ],
    ),
    exchange(
      [
        "Two people edit the same record, how do I avoid lost changes?",
        "What happens when users save the same {Entity} at once?",
      ],
      [
        "Send updated_at back with the change and refuse it when the row is newer: the user can then merge.",
        "Use optimistic locking with a version column; last write wins is rarely what people want.",
      ],
      [
        "Show who else has the page open.",
        "Save small fields one by one rather than the whole form.",
        "Answer 409 and keep the text of the user.",
      ],
    ),
    exchange(
      ["How do I send push notifications?", "Can {project} notify people when the browser is closed?"],
      [
        "Yes, with web push: a service worker, a subscription per device and a signed request to the push service.",
        "Ask for permission after a useful action, not at the first visit, and store one subscription per device.",
      ],
      [
        "Remove subscriptions that answer 410.",
        "Let people choose which events matter.",
        "Fall back to e-mail after an hour.",
      ],
    ),
  ),
];

export const wordsEn = {
  openers: [
    "Hi! ",
    "Hello again. ",
    "One more thing. ",
    "Quick question. ",
    "Next step. ",
    "Thanks, that works. ",
  ],
  contexts: [
    "It is for {project}.",
    "We have about two hundred users.",
    "I am alone on this, so keep it simple.",
    "The code is in TypeScript.",
    "I tried a first version, but it feels fragile.",
    "We go live next week.",
    "It concerns mainly the {entities}.",
    "An example would help.",
  ],
  closings: [
    "I can write the code for {Entity} if you like.",
    "Shall I add it to {project}?",
    "Tell me if you want a migration for {table}.",
    "I would do it in a small pull request.",
    "This works the same for the other parts of {project}.",
    "Start small and measure.",
  ],
};
