import { Box, Text } from "@mantine/core";
import type { ReactNode } from "react";

/** An empty list that says what belongs there and what to do first. */
export function Empty({
  title,
  children,
  action,
  page,
}: {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  /** It stands for a whole page, and its title for the page's. */
  page?: boolean;
}) {
  return (
    <Box py={36} px="md" maw={520} mx="auto" ta="center">
      <Text fw={600} mb={4} component={page ? "h1" : "p"} my={0}>
        {title}
      </Text>
      {children && (
        <Text size="sm" c="dimmed">
          {children}
        </Text>
      )}
      {action && <Box mt="md">{action}</Box>}
    </Box>
  );
}
