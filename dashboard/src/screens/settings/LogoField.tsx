import { Button, FileButton, Group, Input } from "@mantine/core";
import { useState, type ReactNode } from "react";

const MOST = 256 * 1024;
const TYPES = ["image/png", "image/jpeg", "image/svg+xml"];

type Props = { value: string; onChange: (dataUrl: string) => void; error?: ReactNode };

/** A small picture, kept as a data: address inside the settings. */
export function LogoField({ value, onChange, error }: Props) {
  const [refused, setRefused] = useState<string | null>(null);

  function read(file: File | null) {
    if (!file) return;
    if (!TYPES.includes(file.type)) return setRefused("PNG, JPEG or SVG only");
    if (file.size > MOST) return setRefused("The file is larger than 256 kB");
    setRefused(null);
    const reader = new FileReader();
    reader.onload = () => onChange(String(reader.result));
    reader.onerror = () => setRefused("The file could not be read");
    reader.readAsDataURL(file);
  }

  return (
    <Input.Wrapper
      label="Logo"
      labelElement="div"
      description="PNG, JPEG or SVG, up to 256 kB; printed at the top of invoices"
      error={refused ?? error}
    >
      <Group gap="sm" mt={6}>
        {value.startsWith("data:image/") && (
          <img
            src={value}
            alt="The logo"
            style={{ maxHeight: 44, maxWidth: 180, background: "#fff", padding: 4, borderRadius: 4 }}
          />
        )}
        <FileButton accept={TYPES.join(",")} onChange={read}>
          {(props) => (
            <Button variant="default" size="xs" {...props}>
              {value ? "Change logo" : "Choose logo"}
            </Button>
          )}
        </FileButton>
        {value && (
          <Button variant="subtle" size="xs" onClick={() => onChange("")}>
            Remove logo
          </Button>
        )}
      </Group>
    </Input.Wrapper>
  );
}
