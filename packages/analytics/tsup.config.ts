import { library } from "../../.config/tsup.ts";

export default library(["src/index.ts", "src/flags.ts", "src/testing.ts", "src/bin.ts"]);
