import { library } from "../../.config/tsup.ts";

export default library(["src/index.ts", "src/testing.ts", "src/bin.ts"]);
