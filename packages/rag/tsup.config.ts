import { library } from "../../.config/tsup.ts";

export default library(["src/index.ts", "src/documents.ts", "src/testing.ts"]);
