import { TextInput, type TextInputProps } from "@mantine/core";
import { useState } from "react";

type Props = Omit<TextInputProps, "value" | "onChange" | "type"> & {
  value: string;
  onChange: (day: string | null) => void;
};

const sensible = (day: string) => day >= "1970-01-01" && day <= "2999-12-31";

/** A day to type; it tells only of days that there are, not of those half typed. */
export function DayInput({ value, onChange, ...rest }: Props) {
  const [text, setText] = useState(value);
  const [seen, setSeen] = useState(value);
  if (value !== seen) {
    // Changed from outside: by the slider, a button, or the browser's back button.
    setSeen(value);
    setText(value);
  }
  return (
    <TextInput
      {...rest}
      type="date"
      value={text}
      onChange={(event) => {
        const day = event.currentTarget.value;
        setText(day);
        if (day !== "" && !sensible(day)) return;
        setSeen(day);
        onChange(day || null);
      }}
    />
  );
}
