import { Stack } from "@mantine/core";
import { useNavigate, useSearchParams } from "react-router";

import { createSchedule } from "../../api/schedules";
import { useSubmission } from "../../api/submission";
import type { Schedule, ScheduleRequest } from "../../api/types";
import { done } from "../../components/notify";
import { PageHead } from "../../components/PageHead";
import { ScheduleForm } from "./form/ScheduleForm";
import { scheduleBody, scheduleValues } from "./form/scheduleForm";

export default function NewScheduleScreen() {
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const submission = useSubmission<ScheduleRequest, Schedule>(createSchedule, (made) => {
    done(made.status === "DRAFT" ? "Draft saved." : "Billing schedule started.");
    void navigate(`/billing/schedules/${made.id}`);
  });
  return (
    <Stack gap="md">
      <PageHead
        title="New billing schedule"
        crumbs={[{ title: "Billing schedules", to: "/billing/schedules" }]}
      />
      <ScheduleForm
        initial={scheduleValues(undefined, params.get("customerId"))}
        busy={submission.isPending}
        error={submission.error}
        onSubmit={(values, start) => submission.mutate(scheduleBody(values, !start))}
      />
    </Stack>
  );
}
