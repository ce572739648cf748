import { library } from "../../.config/tsup.ts";

export default library(["src/index.ts", "src/embedded.ts", "src/push.ts", "src/seed.ts", "src/bin.ts"]);
