import { Button, Paper, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDocumentTitle } from "@mantine/hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Navigate, useSearchParams } from "react-router";

import { session, signIn } from "../../api/account";
import { useSubmission } from "../../api/submission";
import type { Session } from "../../api/types";
import { Mark } from "../../app/Mark";
import { ProblemAlert } from "../../components/Problem";
import { useServerErrors } from "../../components/useServerErrors";

/** Only places of this dashboard are gone back to. */
const safe = (next: string | null) => (next && /^\/(?![/\\])/.test(next) ? next : "/customers");

export default function SignIn() {
  useDocumentTitle("Sign in · Catchment");
  const [params] = useSearchParams();
  const client = useQueryClient();
  const who = useQuery(session);
  const form = useForm({
    initialValues: { email: "", password: "" },
    validate: {
      email: (value) => (value.trim() ? null : "Give your e-mail address"),
      password: (value) => (value ? null : "Give your password"),
    },
  });
  const submission = useSubmission<{ email: string; password: string }, Session>(
    (body, key) => signIn(body, key),
    (found) => client.setQueryData(session.queryKey, found),
  );
  const placed = useServerErrors(form, submission.error);

  if (who.data) return <Navigate to={safe(params.get("next"))} replace />;
  return (
    <main style={{ maxWidth: 380, margin: "14vh auto 0", padding: 16 }}>
      <Stack gap="lg">
        <Mark />
        <Paper withBorder p="xl" bg="var(--app-surface)">
          <form
            noValidate
            onSubmit={form.onSubmit((values) =>
              submission.mutate({ ...values, email: values.email.trim() }),
            )}
          >
            <Stack gap="md">
              <div>
                <Title order={1}>Sign in</Title>
                <Text size="sm" c="dimmed">
                  With the account your administrator made for you.
                </Text>
              </div>
              <TextInput
                label="E-mail"
                type="email"
                autoComplete="username"
                required
                autoFocus
                {...form.getInputProps("email")}
              />
              <PasswordInput
                label="Password"
                autoComplete="current-password"
                required
                visibilityToggleButtonProps={{ "aria-label": "Show or hide the password" }}
                {...form.getInputProps("password")}
              />
              <ProblemAlert error={submission.error} except={placed} />
              <Button type="submit" loading={submission.isPending} fullWidth>
                Sign in
              </Button>
            </Stack>
          </form>
        </Paper>
      </Stack>
    </main>
  );
}
