import { TextInput, type TextInputProps } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useState } from "react";

type Props = Omit<TextInputProps, "value" | "onChange"> & {
  value: string;
  onChange: (value: string) => void;
};

/** A text filter that waits for a pause in the typing. */
export function FilterText({ value, onChange, ...rest }: Props) {
  const [text, setText] = useState(value);
  const [seen, setSeen] = useState(value);
  if (value !== seen) {
    // Changed from outside: "Clear filters", or the browser's back button.
    setSeen(value);
    setText(value);
  }
  const tell = useDebouncedCallback((next: string) => {
    setSeen(next);
    onChange(next);
  }, 250);
  return (
    <TextInput
      {...rest}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        tell(event.currentTarget.value.trim());
      }}
    />
  );
}
