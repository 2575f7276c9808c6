interface Dispatcher {
  dispatch(options: object, handler: unknown): boolean;
}

/** Where Node's fetch keeps the one that it uses. */
const GLOBAL = Symbol.for("undici.globalDispatcher.1");

/**
 * Node's fetch breaks off a body that is silent for 300 s, and an engine without heartbeats may well be. This option of
 * its own says not to; other platforms have no such limit and do not know the option.
 */
export const patientDispatcher: Dispatcher = {
  dispatch(options, handler) {
    const dispatcher: Dispatcher = Reflect.get(globalThis, GLOBAL);
    return dispatcher.dispatch({ ...options, bodyTimeout: 0 }, handler);
  },
};
