import type { Finding, Severity } from "../../doctor/finding.ts";
import type { Command } from "../command.ts";
import type { Terminal } from "../terminal.ts";
import { list } from "../values.ts";

export const doctorCommand: Command = {
  name: "doctor",
  summary: "look for what breaks row level security, slows queries or will fail",
  options: {
    schemas: { type: "string", value: "<a,b>", help: "schemas to look at; default devora,public" },
    strict: { type: "boolean", help: "exit code 1 for warnings as well" },
  },
  prepare(values) {
    const schemas = list(values, "schemas");
    return async ({ target, terminal, json }) => {
      // Loaded here, so that help and wrong usage answer at once.
      const { doctor } = await import("../../doctor/doctor.ts");
      const findings = await doctor({ client: target.client, ...(schemas && { schemas }) });
      if (json) terminal.print(JSON.stringify(findings));
      else printFindings(terminal, findings);
      const grave: readonly Severity[] = values.strict === true ? ["error", "warning"] : ["error"];
      return findings.some(({ severity }) => grave.includes(severity)) ? 1 : 0;
    };
  },
};

function printFindings({ print }: Terminal, findings: readonly Finding[]): void {
  for (const { severity, check, object, message, fix } of findings) {
    print(`${severity.padEnd(9)}${check}  ${object}`);
    print(`         ${message}`);
    print(`         fix: ${fix}`);
  }
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length;
  print(`errors: ${count("error")}, warnings: ${count("warning")}, infos: ${count("info")}`);
}
