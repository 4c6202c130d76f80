import { Group, Select, Stack, TextInput } from "@mantine/core";
import type { GetInputPropsReturnType } from "@mantine/form";

import type { Address } from "../api/types";
import { countryName, COUNTRIES, NO_POSTCODES, STATES } from "./places";

type Props = {
  /** The form's `getInputProps`, for a form that has an `address`. */
  field: (path: string) => GetInputPropsReturnType;
  country: string;
  legend: string;
};

/** A postal address; US and Canadian ones need a state. */
export function AddressFields({ field, country, legend }: Props) {
  const states = STATES[country];
  return (
    <Stack gap="sm" component="fieldset" m={0} p={0} style={{ border: 0 }}>
      <Legend>{legend}</Legend>
      <TextInput label="Address line 1" required {...field("address.line1")} />
      <TextInput label="Address line 2" {...field("address.line2")} />
      <Group grow align="flex-start">
        <TextInput label="Town" required {...field("address.town")} />
        <TextInput label="Postcode" required={!NO_POSTCODES.has(country)} {...field("address.postcode")} />
      </Group>
      <Group grow align="flex-start">
        <Select
          label="Country"
          required
          searchable
          allowDeselect={false}
          data={COUNTRIES}
          nothingFoundMessage="No such country"
          {...field("address.country")}
        />
        {states && (
          <Select
            label="State"
            required
            searchable
            allowDeselect={false}
            data={states}
            nothingFoundMessage="No such state"
            {...field("address.state")}
          />
        )}
      </Group>
    </Stack>
  );
}

export function Legend({ children }: { children: string }) {
  return (
    <legend className="legend">
      {children}
    </legend>
  );
}

export const EMPTY_ADDRESS = { line1: "", line2: "", town: "", state: "", postcode: "", country: "" };
export type AddressValues = typeof EMPTY_ADDRESS;

export function addressErrors(address: AddressValues): Record<string, string> {
  const errors: Record<string, string> = {};
  if (!address.line1.trim()) errors["address.line1"] = "Give the first line of the address";
  if (!address.town.trim()) errors["address.town"] = "Give the town";
  if (!address.postcode.trim() && !NO_POSTCODES.has(address.country)) {
    errors["address.postcode"] = "Give the postcode";
  }
  if (!address.country) errors["address.country"] = "Choose the country";
  if (STATES[address.country] && !address.state) errors["address.state"] = "Choose the state";
  return errors;
}

export function addressBody(address: AddressValues): Address {
  return {
    line1: address.line1.trim(),
    line2: address.line2.trim() || undefined,
    town: address.town.trim(),
    state: STATES[address.country] ? address.state : undefined,
    postcode: address.postcode.trim(),
    country: address.country,
  };
}

export function addressValues(address: Address | undefined): AddressValues {
  return { ...EMPTY_ADDRESS, ...address, line2: address?.line2 ?? "", state: address?.state ?? "" };
}

/** "1 Quay St, Leeds LS1 1AA, United Kingdom" */
export function addressText(address: Address): string {
  const town = [address.town, address.state, address.postcode].filter(Boolean).join(" ");
  return [address.line1, address.line2, town, countryName(address.country)].filter(Boolean).join(", ");
}
