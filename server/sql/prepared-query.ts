import type { CompiledQuery, QueryResult } from 'kysely'
import type { Database, Trx } from './schema'

type Source = Database | Trx
type ValueOf<Values> = <Name extends keyof Values>(name: Name) => Values[Name]
class Placeholder {
  constructor(readonly name: PropertyKey) {}
}

/**
 * A query whose SQL is built once per database and then run with new values: for what every push does, where building the SQL would
 * cost several times what SQLite needs to answer it. `value(name)` stands for the value given at each run.
 */
export function prepareQuery<Values extends object, Row>(build: (source: Source, value: ValueOf<Values>) => { compile(): CompiledQuery<Row> }) {
  const byDatabase = new WeakMap<object, CompiledQuery<Row>>()
  return async (source: Source, values: Values): Promise<Row[]> => {
    // The adapter is the same object for a database and all its transactions.
    const { adapter } = source.getExecutor()
    let compiled = byDatabase.get(adapter)
    if (!compiled) {
      // While the SQL is built a placeholder passes for the value; the compiler only hands it on.
      compiled = build(source, ((name: keyof Values) => new Placeholder(name)) as unknown as ValueOf<Values>).compile()
      byDatabase.set(adapter, compiled)
    }
    const parameters = compiled.parameters.map((parameter) => (parameter instanceof Placeholder ? values[parameter.name as keyof Values] : parameter))
    const { rows }: QueryResult<Row> = await source.executeQuery<Row>({ ...compiled, parameters })
    return rows
  }
}
