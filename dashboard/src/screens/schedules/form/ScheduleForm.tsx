import {
  Button,
  Checkbox,
  Group,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import type { MouseEvent } from "react";

import type { FieldProblem } from "../../../api/http";
import type { Price } from "../../../api/types";
import { CustomerSelect } from "../../../components/CustomerSelect";
import { CustomersSelect } from "../../../components/CustomersSelect";
import { focusInvalid } from "../../../components/focusInvalid";
import { Panel } from "../../../components/Panel";
import { ProblemAlert } from "../../../components/Problem";
import { useServerErrors } from "../../../components/useServerErrors";
import { BILL_TO_CHOICES, BILL_TO_HELP } from "../billTo";
import { PhaseFields } from "./PhaseFields";
import { RollUpSwitch } from "./RollUpSwitch";
import { TaxFields } from "./TaxFields";
import { scheduleErrors, type ScheduleValues } from "./scheduleForm";

type Props = {
  initial: ScheduleValues;
  /** An existing schedule keeps its customer, and once started its first day. */
  existing?: "draft" | "started";
  /** Prices to offer although they are not in the catalogue's first page. */
  prices?: Price[];
  busy: boolean;
  error: unknown;
  onSubmit: (values: ScheduleValues, start: boolean) => void;
};

const rename = (path: string) =>
  path
    .replace(/^phases\.(\d+)\.(priceIds|listPriceIds)(\.\d+)?$/, "phases.$1.prices")
    .replace(/\.restrictToPrices(\.\d+)?$/, ".prices")
    .replace(/^rollUpExclusions\.\d+$/, "rollUpExclusions");

export function ScheduleForm({ initial, existing, prices, busy, error, onSubmit }: Props) {
  const form = useForm<ScheduleValues>({ initialValues: initial, validate: scheduleErrors });
  const placed: (error: FieldProblem) => boolean = useServerErrors(form, error, rename);
  const { values } = form;
  const send = (start: boolean) => (event: MouseEvent<HTMLElement>) => {
    event.preventDefault();
    form.onSubmit((sent) => onSubmit(sent, start))();
    focusInvalid(event.currentTarget.closest("form"));
  };

  /** The first phase starts with the schedule. */
  function begin(day: string) {
    if (values.phases[0]?.startDate === values.startDate) form.setFieldValue("phases.0.startDate", day);
    form.setFieldValue("startDate", day);
  }

  return (
    <form noValidate onSubmit={(event) => event.preventDefault()}>
      <Stack gap="md" maw={900}>
        <Panel title="Customer and time">
          <Stack gap="sm">
            <CustomerSelect
              label="Customer"
              description="Whose prices these are."
              required
              disabled={existing !== undefined}
              {...form.getInputProps("customerId")}
              onChange={(id) => {
                form.setFieldValue("customerId", id);
                form.setFieldValue("rollUpBilling", false);
                form.setFieldValue("rollUpExclusions", []);
              }}
            />
            <Group align="flex-start">
              <TextInput
                label="Start date"
                type="date"
                required
                disabled={existing === "started"}
                {...form.getInputProps("startDate")}
                onChange={(event) => begin(event.currentTarget.value)}
              />
              <TextInput
                label="End date"
                type="date"
                disabled={values.openEnded}
                {...form.getInputProps("endDate")}
              />
              <Checkbox
                label="Open-ended"
                mt={30}
                {...form.getInputProps("openEnded", { type: "checkbox" })}
              />
              <TextInput
                label="Billing day"
                inputMode="numeric"
                w={120}
                placeholder={values.startDate.slice(8).replace(/^0/, "") || "1"}
                {...form.getInputProps("recurrenceDayOfMonth")}
              />
            </Group>
            <RollUpSwitch
              customerId={values.customerId}
              startDate={values.startDate}
              props={form.getInputProps("rollUpBilling", { type: "checkbox" })}
            />
            {values.rollUpBilling && (
              <CustomersSelect
                label="Leave out"
                description="Not added up here, nor is anyone below them. The next roll-up schedule further up has their usage, if there is one."
                except={values.customerId}
                {...form.getInputProps("rollUpExclusions")}
              />
            )}
            <Select
              label="Bill to"
              description={BILL_TO_HELP[values.billTo]}
              data={BILL_TO_CHOICES}
              allowDeselect={false}
              maw={640}
              {...form.getInputProps("billTo")}
            />
          </Stack>
        </Panel>
        <PhaseFields form={form} extra={prices ?? []} />
        <TaxFields form={form} extra={prices ?? []} />
        <Panel title="Invoices">
          <Stack gap="sm">
            <Switch
              label="Issue invoices automatically"
              description="Otherwise they wait as drafts for someone to finalize."
              {...form.getInputProps("autoIssueInvoices", { type: "checkbox" })}
            />
            <Switch
              label="Bill late usage"
              description="What comes after its invoice is final is on the next one, as an adjustment."
              {...form.getInputProps("adjustLateUsage", { type: "checkbox" })}
            />
            <SimpleGrid cols={{ base: 2, sm: 3 }}>
              <TextInput label="PO number" {...form.getInputProps("purchaseOrderNumber")} />
              <TextInput
                label="Due after (days)"
                inputMode="numeric"
                placeholder="as in the settings"
                {...form.getInputProps("defaultDueDateDays")}
              />
              <TextInput label="Label" disabled={existing !== undefined} {...form.getInputProps("label")} />
            </SimpleGrid>
            <Textarea
              label="Memo"
              description="Printed on every invoice."
              autosize
              minRows={2}
              {...form.getInputProps("memo")}
            />
          </Stack>
        </Panel>
        <ProblemAlert error={error} except={placed} />
        {existing === "started" ? (
          <Group>
            <Button loading={busy} onClick={send(false)}>
              Save changes
            </Button>
            <Text size="sm" c="dimmed">
              A change counts from the first day of its phase. Drafts are made anew; of final invoices, what was
              charged in advance is settled by the next one, and what was charged in arrears cannot change.
            </Text>
          </Group>
        ) : (
          <Group>
            <Button variant="default" loading={busy} onClick={send(false)}>
              Save draft
            </Button>
            <Button loading={busy} onClick={send(true)}>
              Start
            </Button>
          </Group>
        )}
      </Stack>
    </form>
  );
}
