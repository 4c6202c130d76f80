import { Text } from "@mantine/core";
import { IconFileUpload } from "@tabler/icons-react";
import { useState, type DragEvent, type ReactNode } from "react";

type Props = { accept: string; onFile: (file: File) => void; children: ReactNode };

/** A file from the disk, chosen or dropped. */
export function DropZone({ accept, onFile, children }: Props) {
  const [over, setOver] = useState(false);
  function drop(event: DragEvent) {
    event.preventDefault();
    setOver(false);
    const [dropped] = event.dataTransfer.files;
    if (dropped) onFile(dropped);
  }
  return (
    <div
      className="drop-zone"
      data-over={over || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <label>
        <IconFileUpload size={30} stroke={1.4} aria-hidden />
        <span>
          <b>Choose a file</b> or drop it here
        </span>
        <input
          type="file"
          accept={accept}
          onChange={({ currentTarget }) => {
            const [chosen] = currentTarget.files ?? [];
            if (chosen) onFile(chosen);
            currentTarget.value = "";
          }}
        />
      </label>
      <Text size="xs" c="dimmed">
        {children}
      </Text>
    </div>
  );
}
