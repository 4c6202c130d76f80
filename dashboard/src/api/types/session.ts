/** The wire shape of who is signed in. */

export type Session = {
  user: { id: string; email: string };
  sequenceAccountId: string;
  workspaceName: string;
  timezone?: string;
};
