import type { SecretStore } from "./secret-store.ts";

/** The same object, whose promises reject without secrets in what they reject with. */
export function maskRejections<T extends object>(of: T, secrets: SecretStore): T {
  return new Proxy(of, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== "function") return member;
      return (...args: unknown[]): unknown => maskRejection(Reflect.apply(member, target, args), secrets);
    },
  });
}

function maskRejection(answer: unknown, secrets: SecretStore): unknown {
  if (!(answer instanceof Promise)) return answer;
  return answer.catch((thrown: unknown) => {
    throw secrets.maskError("thrown", thrown);
  });
}
