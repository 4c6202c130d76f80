/** What a file can say of customers, and which of its columns seem to say it. */

export type Target = { name: string; title: string; hint: string; needed?: boolean };

/** In the order of the API's own columns (POST /customers/import). */
export const TARGETS: readonly Target[] = [
  { name: "customer", title: "Customer", hint: "Its id or alias; an unknown one is a new customer", needed: true },
  { name: "parent", title: "Parent", hint: "Id or alias of the parent; empty: at the top", needed: true },
  { name: "effectiveFrom", title: "From", hint: "Since when, such as 2026-03-31; empty: always, for known customers now" },
  { name: "legalName", title: "Company name", hint: "Of new customers; empty: the alias" },
  { name: "email", title: "E-mail", hint: "Of the contact; empty: the parent's contacts" },
  { name: "contactName", title: "Contact name", hint: "Of new customers" },
  { name: "line1", title: "Address line 1", hint: "Without an address, the parent's is taken" },
  { name: "line2", title: "Address line 2", hint: "Of new customers" },
  { name: "town", title: "Town", hint: "Of new customers" },
  { name: "state", title: "State", hint: "Of new customers" },
  { name: "postcode", title: "Postcode", hint: "Of new customers" },
  { name: "country", title: "Country", hint: "Two letters, such as GB" },
  { name: "taxStatus", title: "Tax status", hint: "TAXED, TAX_EXEMPT or REVERSE_CHARGED; empty: TAXED" },
  { name: "label", title: "Label", hint: "Of new customers" },
];

/** How such columns are called elsewhere, beside the name and the title; the first that is there wins. */
const CALLED: Record<string, readonly string[]> = {
  customer: ["customerid", "customeralias", "alias", "account", "accountid", "accountnumber", "child", "childid", "id"],
  parent: ["parentid", "parentalias", "parentaccount", "parentaccountid", "parentcustomer", "parentcustomerid", "group", "owner"],
  effectiveFrom: ["effective", "effectivedate", "since", "start", "startdate", "validfrom", "date"],
  legalName: ["name", "customername", "accountname", "legalcompanyname", "company"],
  email: ["emailaddress", "billingemail", "contactemail", "mail"],
  contactName: ["contact", "contactperson"],
  line1: ["address", "address1", "addressline1", "street", "streetaddress"],
  line2: ["address2", "addressline2"],
  town: ["city", "place"],
  state: ["province", "county"],
  postcode: ["postalcode", "zip", "zipcode"],
  country: ["countrycode"],
  taxStatus: ["tax"],
  label: ["tag", "segment"],
};

/** The place of a column in the file for each target that has one. */
export type Mapping = Readonly<Record<string, number | undefined>>;

/** What the names in a header suggest; no column of the file is suggested twice. */
export function guess(header: readonly string[]): Mapping {
  const names = header.map(plain);
  const mapping: Record<string, number> = {};
  const taken = new Set<number>();
  for (const { name, title } of TARGETS) {
    const called = [plain(name), plain(title), ...(CALLED[name] ?? [])];
    const place = called.map((one) => names.findIndex((it, at) => it === one && !taken.has(at)));
    const first = place.find((at) => at >= 0);
    if (first !== undefined) {
      mapping[name] = first;
      taken.add(first);
    }
  }
  return mapping;
}

/** The targets that the file fills, in order. */
export const mapped = (mapping: Mapping) => TARGETS.filter(({ name }) => mapping[name] !== undefined);

/** Needed, and not filled yet. */
export const missing = (mapping: Mapping) =>
  TARGETS.filter(({ name, needed }) => needed && mapping[name] === undefined);

/** The columns of the file that nothing takes. */
export function ignored(header: readonly string[], mapping: Mapping): string[] {
  const used = new Set(Object.values(mapping));
  return columnNames(header).filter((_, at) => !used.has(at));
}

/** Every column by a name of its own: unnamed ones by their place, twins with it. */
export function columnNames(header: readonly string[]): string[] {
  return header.map((name, at) => {
    const text = name.trim();
    if (!text) return `Column ${at + 1}`;
    const twin = header.some((other, place) => place !== at && other.trim() === text);
    return twin ? `${text} (column ${at + 1})` : text;
  });
}

const plain = (name: string) => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
