// One simulation a line in, one answer a line out: @cloud-copilot/iam-simulate as a judge.
import { createInterface } from "node:readline";
import { runSimulation } from "@cloud-copilot/iam-simulate";

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const found = await runSimulation(JSON.parse(line), { simulationMode: "Strict" });
    answer =
      found.resultType === "single"
        ? { result: found.overallResult, ignored: found.result.ignoredContextKeys ?? [] }
        : { error: found.errors ?? found.resultType };
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
