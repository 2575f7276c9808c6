/** The requests that an agent takes, by what they do. */
export const methods = {
  initialize: "initialize",
  authenticate: "authenticate",
  newSession: "session/new",
  load: "session/load",
  resume: "session/resume",
  list: "session/list",
  close: "session/close",
  delete: "session/delete",
  setMode: "session/set_mode",
  setOption: "session/set_config_option",
  /** From before there were configuration options; no longer in the protocol, still in agents. */
  setModel: "session/set_model",
  prompt: "session/prompt",
  /** Wants no answer. */
  cancel: "session/cancel",
  /** One that nobody has: to say so an agent must be well. */
  ping: "_quantumreef/ping",
} as const;
