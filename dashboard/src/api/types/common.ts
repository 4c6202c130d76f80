/** What many wire shapes are made of. */

export type Page<T> = {
  items: T[];
  pagination?: { after?: string; before?: string; totalResultSize?: number };
};

/** A decimal as the API sent it: text, or a number that loses nothing (see `exact` in http.ts). */
export type Decimal = string | number;

export type Address = {
  line1: string;
  line2?: string;
  town: string;
  state?: string;
  postcode: string;
  country: string;
};
