import type { InjectionToken } from "tsyringe";
import type { Token } from "./token.ts";

type Constructor<T> = new (...args: never[]) => T;

/** How a service comes about: ready, built once by tsyringe from a class, or built once by a function. */
export type Provider<T> =
  | { readonly useValue: T }
  | { readonly useClass: Constructor<T> }
  | { readonly useFactory: (services: Services) => T };

/** Services by typed token, on a tsyringe child container. */
export interface Services {
  /** Registers a service. A second registration of one token is an error. */
  provide<T>(token: Token<T>, provider: Provider<T>): void;
  /** Wraps a service, wherever it is provided; the last override is the outermost. An error once the service is in use. */
  override<T>(token: Token<T>, wrap: (inner: T) => T): void;
  /** The service; an error that names the token when nobody provides it. */
  get<T>(token: Token<T>): T;
  /** The service, or nothing when nobody provides it. */
  find<T>(token: Token<T>): T | undefined;
}

/** A token as tsyringe wants it, for `@inject(keyOf(Token))`. */
export function keyOf<T>(token: Token<T>): InjectionToken<T> {
  return token.key;
}
