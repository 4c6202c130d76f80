import { Text } from "@mantine/core";
import { IconHome } from "@tabler/icons-react";

import { useDropTarget } from "./useDropTarget";
import { useTree } from "./useExplorer";

/** Where a customer is dropped to stand at the top. */
export function TopZone() {
  const tree = useTree();
  const target = useDropTarget({
    allows: () => tree.dragged()?.parentId !== undefined,
    onDrop: () => tree.drop(null),
  });
  return (
    <div className="tree-top" aria-hidden {...target}>
      <IconHome size={15} />
      <Text span size="xs" fw={600}>
        Top level
      </Text>
      <Text span size="xs" className="tree-top-hint">
        Drop here to stand at the top
      </Text>
    </div>
  );
}
