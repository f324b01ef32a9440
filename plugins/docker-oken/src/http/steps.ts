/** Asks for the steps of a deployment while it goes on, one JSON object a line; the last one holds the answer. */
export const STEPS_TYPE = "application/x-ndjson";
