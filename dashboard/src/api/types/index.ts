/** The wire shapes of the public API, as far as the dashboard reads or writes them. */

export type * from "./billing";
export type * from "./catalogue";
export type * from "./common";
export type * from "./credits";
export type * from "./customers";
export type * from "./previews";
export type * from "./schedules";
export type * from "./session";
export type * from "./shares";
export type * from "./spend";
export type * from "./taxes";
export type * from "./usage";
