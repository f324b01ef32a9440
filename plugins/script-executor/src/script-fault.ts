/** Why a script cannot be had or used. Trying again would change nothing. */
export class ScriptFault extends Error {
  override readonly name = "ScriptFault";
  readonly code: ScriptFaultCode;

  constructor(code: ScriptFaultCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export type ScriptFaultCode =
  /** There is none of this name. */
  | "SCRIPT_NOT_FOUND"
  /** It is there or on its way, but not yet as the coordinator has it. */
  | "SCRIPT_NOT_READY"
  /** Its archive breaks a rule or a limit. */
  | "SCRIPT_REFUSED"
  /** Its `script.json` or what that names makes no sense. */
  | "SCRIPT_INVALID"
  /** The program in its `#!` line is not there. */
  | "SCRIPT_INTERPRETER_MISSING";
