import { Radio, Stack } from "@mantine/core";
import { useState } from "react";

import { archiveCustomer, type ChildrenOnArchive } from "../../api/customers";
import type { Customer } from "../../api/types";
import { ConfirmButton } from "../../components/ConfirmButton";
import { plural } from "../../components/format";

/** Archives a customer; one with children says what becomes of them. */
export function ArchiveButton({ customer }: { customer: Customer }) {
  const [children, setChildren] = useState<ChildrenOnArchive>("detach");
  const { legalName, childCount = 0 } = customer;
  return (
    <ConfirmButton
      label="Archive"
      title={`Archive ${legalName}?`}
      doneText={`${legalName} archived.`}
      act={(key) => archiveCustomer(customer.id, childCount ? children : undefined, key)}
    >
      <Stack gap="sm">
        <span>It is hidden from lists, and nothing new can be agreed with it. Its invoices stay.</span>
        {childCount > 0 && (
          <Radio.Group
            label={`What becomes of its ${plural(childCount, "child account")}?`}
            value={children}
            onChange={(value) => setChildren(value as ChildrenOnArchive)}
          >
            <Stack gap={6} mt={6}>
              <Radio value="detach" label="They become independent" />
              {customer.parentId && <Radio value="adopt" label={`They move to ${legalName}'s own parent`} />}
            </Stack>
          </Radio.Group>
        )}
      </Stack>
    </ConfirmButton>
  );
}
