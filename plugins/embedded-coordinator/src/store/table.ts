import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";

/** Typed access to one table. Column and clause texts come from this package only, values are always bound. */
export type Table<Row> = {
  insert(row: Partial<Row>): void;
  update(key: string, changes: Partial<Row>): void;
  get(key: string): Row | undefined;
  remove(key: string): void;
  /** All rows that satisfy what follows FROM, e.g. `WHERE status = ? ORDER BY seq`. */
  select(clause: string, ...values: SQLInputValue[]): Row[];
  /** The same one row at a time. No other statement of this clause may start before the iteration ends. */
  each(clause: string, ...values: SQLInputValue[]): IterableIterator<Row>;
  /** The first such row. */
  first(clause: string, ...values: SQLInputValue[]): Row | undefined;
  /** Deletes such rows and answers how many there were. */
  removeWhere(clause: string, ...values: SQLInputValue[]): number;
};

/** Opens a table whose rows have the shape `Row` and whose unique text key is the column `key`. */
export function openTable<Row extends Record<string, SQLInputValue>>(
  database: DatabaseSync,
  name: string,
  key: keyof Row & string,
): Table<Row> {
  const statements = new Map<string, StatementSync>();
  const prepared = (sql: string) => {
    const known = statements.get(sql);
    if (known) return known;
    const statement = database.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  const select = (clause: string, ...values: SQLInputValue[]) =>
    prepared(`SELECT * FROM ${name} ${clause}`).all(...values) as Row[];
  const first = (clause: string, ...values: SQLInputValue[]) =>
    prepared(`SELECT * FROM ${name} ${clause}`).get(...values) as Row | undefined;
  return {
    insert(row) {
      const [columns, values] = present(row);
      const places = columns.map(() => "?").join(", ");
      prepared(`INSERT INTO ${name} (${columns.join(", ")}) VALUES (${places})`).run(...values);
    },
    update(id, changes) {
      const [columns, values] = present(changes);
      if (columns.length === 0) return;
      const places = columns.map((column) => `${column} = ?`).join(", ");
      prepared(`UPDATE ${name} SET ${places} WHERE ${key} = ?`).run(...values, id);
    },
    get: (id) => first(`WHERE ${key} = ?`, id),
    remove: (id) => void prepared(`DELETE FROM ${name} WHERE ${key} = ?`).run(id),
    select,
    each: (clause, ...values) =>
      prepared(`SELECT * FROM ${name} ${clause}`).iterate(...values) as IterableIterator<Row>,
    first,
    removeWhere: (clause, ...values) => Number(prepared(`DELETE FROM ${name} ${clause}`).run(...values).changes),
  };
}

function present(row: Record<string, SQLInputValue | undefined>): [string[], SQLInputValue[]] {
  const columns: string[] = [];
  const values: SQLInputValue[] = [];
  for (const [column, value] of Object.entries(row)) {
    if (value === undefined) continue;
    columns.push(column);
    values.push(value);
  }
  return [columns, values];
}
