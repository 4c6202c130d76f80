import { Anchor, Breadcrumbs, Button, Group, Select, Skeleton, Switch, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useCallback } from "react";

import { METHODS, methodOf } from "../../../api/shares";
import { spend, spendPeriods } from "../../../api/spend";
import type { CurrencySpend, Spend } from "../../../api/types";
import { Empty } from "../../../components/Empty";
import { Panel } from "../../../components/Panel";
import { ProblemAlert } from "../../../components/Problem";
import { useFilters, useParam } from "../../../components/useFilters";
import { ALL, choices, latest, rangeOf } from "./periods";
import { SpendInvoices } from "./SpendInvoices";
import { SpendTable } from "./SpendTable";
import "./spend.css";

const SpendChart = lazy(() => import("./SpendChart"));

/** How many children a level shows one by one. */
const LIMIT = 40;

/** Where the money of a customer and of everyone below it goes, by child. */
export function SpendPanel({ customerId }: { customerId: string }) {
  const { values, set } = useFilters(["spent", "shares", "currency", "drafts"] as const);
  const [branch, setBranch] = useParam("branch");
  const includeDrafts = values.drafts === "true";
  const periods = useQuery(spendPeriods(customerId, includeDrafts));
  const period = values.spent || latest(periods.data ?? []);
  const method = methodOf(values.shares);
  const query = { ...rangeOf(period), method, includeDrafts, path: branch, limit: LIMIT };
  const found = useQuery({
    ...spend(customerId, query),
    enabled: !!periods.data && periods.data.length > 0,
    placeholderData: keepPreviousData,
  });
  const open = useCallback(
    (way: string[]) => setBranch([...(branch ? [branch] : []), ...way].join(",")),
    [branch, setBranch],
  );
  const items = found.data?.items ?? [];
  const shown = items.find(({ currency }) => currency === values.currency) ?? items[0];
  const error = periods.error ?? found.error;
  return (
    <Panel
      title="Spend"
      actions={
        <Switch
          label="Include drafts"
          checked={includeDrafts}
          onChange={(event) => set("drafts", event.currentTarget.checked ? "true" : null)}
        />
      }
    >
      {error ? (
        <ProblemAlert
          error={error}
          onRetry={() => void (periods.error ? periods.refetch() : found.refetch())}
        />
      ) : periods.data?.length === 0 ? (
        <Empty title="Nothing spent yet">
          What this customer and everyone below it has of issued invoices appears here, branch by branch.
        </Empty>
      ) : !periods.data || !found.data ? (
        <Skeleton height={320} aria-label="Loading the spend" />
      ) : (
        <>
          <Group gap="sm" align="flex-end" mb="md">
            <Select
              label="Period"
              w={190}
              allowDeselect={false}
              data={choices(periods.data)}
              value={period}
              onChange={(value) => set("spent", value)}
            />
            <Select
              label="Shares"
              w={150}
              allowDeselect={false}
              data={METHODS}
              value={method}
              onChange={(value) => set("shares", value)}
            />
            {items.length > 1 && (
              <Select
                label="Currency"
                w={100}
                allowDeselect={false}
                data={items.map(({ currency }) => currency)}
                value={shown?.currency ?? null}
                onChange={(value) => set("currency", value)}
              />
            )}
          </Group>
          <Way path={found.data.path} onOpen={setBranch} />
          {shown ? (
            <Shown spend={shown} home={customerId} onOpen={open} />
          ) : (
            <Empty
              title="Nothing in this period"
              action={
                period !== ALL && (
                  <Button variant="default" size="xs" onClick={() => set("spent", ALL)}>
                    Show all time
                  </Button>
                )
              }
            >
              No invoice of this period has anything of this customer or of anyone below it.
            </Empty>
          )}
        </>
      )}
    </Panel>
  );
}

/** From the customer of the page down to the branch that is open. */
function Way({ path, onOpen }: { path: Spend["path"]; onOpen: (branch: string | null) => void }) {
  if (path.length < 2) return null;
  const last = path.length - 1;
  return (
    <nav aria-label="Branch">
      <Breadcrumbs separator="›" mb="sm" style={{ flexWrap: "wrap" }}>
        {path.map(({ customerId, name }, level) =>
          level === last ? (
            <Text key={customerId} span size="sm" aria-current="location">
              {name}
            </Text>
          ) : (
            <Anchor
              key={customerId}
              component="button" type="button"
              size="sm"
              onClick={() =>
                onOpen(
                  path
                    .slice(1, level + 1)
                    .map((step) => step.customerId)
                    .join(",") || null,
                )
              }
            >
              {name}
            </Anchor>
          ),
        )}
      </Breadcrumbs>
    </nav>
  );
}

type ShownProps = { spend: CurrencySpend; home: string; onOpen: (way: string[]) => void };

function Shown({ spend, home, onOpen }: ShownProps) {
  const { branch, currency, invoices } = spend;
  return (
    <>
      <div className={branch.childCount > 0 ? "spend-columns" : undefined}>
        {branch.childCount > 0 && (
          <Suspense fallback={<Skeleton height={360} />}>
            <SpendChart
              branch={branch}
              currency={currency}
              label={`Spend of ${branch.name} by child; the same figures are in the table.`}
              onOpen={onOpen}
            />
          </Suspense>
        )}
        <SpendTable branch={branch} currency={currency} home={home} onOpen={onOpen} />
      </div>
      <SpendInvoices invoices={invoices} customerId={branch.customerId} currency={currency} />
    </>
  );
}
