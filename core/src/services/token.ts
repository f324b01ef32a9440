/** Names a service and remembers its type. Two copies of one package make the same token. */
export interface Token<T> {
  readonly name: string;
  readonly key: symbol;
  /** Never present at run time; carries the type. */
  readonly service?: T;
}

/** Makes a token; `name` is `<plugin>/<service>`. */
export function token<T>(name: string): Token<T> {
  return Object.freeze({ name, key: Symbol.for(`leasehold:${name}`) });
}
