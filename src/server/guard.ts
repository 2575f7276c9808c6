/** Looks at a request before it is answered. Gives the answer to one that goes no further. */
export type Guard = (request: Request) => Response | undefined | Promise<Response | undefined>;
