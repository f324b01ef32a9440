// The command line from its sources, for a process that is started with the condition `leasehold-source`.
import main from "../../../core/src/cli/main.ts";

process.exitCode = await main(process.argv.slice(2));
