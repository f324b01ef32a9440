// A process of its own: node query.js <file.sql> <database>, parameters as JSON on standard input, rows as JSON on standard output.
import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

const [file = "", database = ":memory:"] = process.argv.slice(2);
try {
  const parameters = JSON.parse(readFileSync(0, "utf8"));
  const connection = new DatabaseSync(database, { readOnly: database !== ":memory:" });
  let separator = "[";
  for (const row of connection.prepare(readFileSync(file, "utf8")).iterate(parameters)) {
    process.stdout.write(separator + JSON.stringify(row));
    separator = ",\n";
  }
  process.stdout.write(separator === "[" ? "[]\n" : "]\n");
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
