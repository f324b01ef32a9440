import type { JsonObject, JsonValue } from "../json/value.ts";
import type { Resource } from "../run/resource.ts";
import type { LeaseRecord, SettledAs } from "./journal.ts";

/** One step of what a journal knows. A journal is the list of these, from the first to the last. */
export type JournalRecord =
  | { readonly type: "lease"; readonly lease: LeaseRecord }
  | {
      readonly type: "owe";
      readonly lease: LeaseRecord;
      /** Of the first body; the others follow. */
      readonly sequence: number;
      readonly bodies: readonly JsonObject[];
      readonly settled?: SettledAs;
    }
  | { readonly type: "acknowledge"; readonly source: string; readonly run: string; readonly sequence: number }
  | { readonly type: "close"; readonly source: string; readonly run: string }
  | { readonly type: "own"; readonly resource: Resource }
  | { readonly type: "disown"; readonly kind: string; readonly id: string }
  | { readonly type: "remember"; readonly source: string; readonly key: string; readonly value: JsonValue }
  | { readonly type: "forget"; readonly source: string; readonly run: string };
