/** A price in a phase of the form: "price:" or, where it is yet to be copied, "list:" and the id. */

export const idOf = (key: string) => key.slice(key.indexOf(":") + 1);

/** The ids of one kind. */
export const idsOf = (keys: string[], kind: "price" | "list") =>
  keys.filter((key) => key.startsWith(`${kind}:`)).map(idOf);
