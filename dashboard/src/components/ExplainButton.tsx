import { ActionIcon } from "@mantine/core";
import { IconHelpCircle } from "@tabler/icons-react";
import type { ReactNode } from "react";

type Props = { what: string; onClick: () => void; children: ReactNode };

/** A figure with the question mark beside it that explains it. */
export function ExplainButton({ what, onClick, children }: Props) {
  return (
    <span className="explained">
      <ActionIcon variant="subtle" color="gray" size={24} aria-label={`Explain ${what}`} onClick={onClick}>
        <IconHelpCircle size={15} />
      </ActionIcon>
      {children}
    </span>
  );
}
