import { Skeleton, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "react-router";

import { schedule, startSchedule, updateSchedule } from "../../api/schedules";
import { useSubmission } from "../../api/submission";
import type { Schedule } from "../../api/types";
import { done } from "../../components/notify";
import { PageHead } from "../../components/PageHead";
import { PageProblem } from "../../components/PageProblem";
import { ScheduleForm } from "./form/ScheduleForm";
import { scheduleBody, scheduleValues, type ScheduleValues } from "./form/scheduleForm";

type Sent = { values: ScheduleValues; start: boolean };

export default function EditScheduleScreen() {
  const { id = "" } = useParams();
  const navigate = useNavigate();
  const found = useQuery({ ...schedule(id), staleTime: Infinity });
  const submission = useSubmission<Sent, Schedule>(
    async ({ values, start }) => {
      const saved = await updateSchedule(id, scheduleBody(values, true));
      return start ? startSchedule(id) : saved;
    },
    (saved, { start }) => {
      const kept = saved.status === "DRAFT" ? "Draft saved." : "Billing schedule changed.";
      done(start ? "Billing schedule started." : kept);
      void navigate(`/billing/schedules/${id}`);
    },
  );
  if (found.error) {
    const crumbs = [{ title: "Billing schedules", to: "/billing/schedules" }];
    return <PageProblem error={found.error} crumbs={crumbs} onRetry={() => void found.refetch()} />;
  }
  if (!found.data) return <Skeleton height={320} aria-label="Loading the billing schedule" />;
  const draft = found.data.status === "DRAFT";
  return (
    <Stack gap="md">
      <PageHead
        title={draft ? "Edit draft" : "Edit billing schedule"}
        crumbs={[
          { title: "Billing schedules", to: "/billing/schedules" },
          { title: draft ? "Draft" : "Schedule", to: `/billing/schedules/${id}` },
        ]}
      />
      <ScheduleForm
        existing={draft ? "draft" : "started"}
        initial={scheduleValues(found.data)}
        prices={found.data.prices}
        busy={submission.isPending}
        error={submission.error}
        onSubmit={(values, start) => submission.mutate({ values, start })}
      />
    </Stack>
  );
}
