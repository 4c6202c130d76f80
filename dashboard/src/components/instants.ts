/** The instants at which a day begins and ends. Moves count days in UTC. */

export const midnight = (day: string) => `${day}T00:00:00.000Z`;

export const lastInstant = (day: string) => `${day}T23:59:59.999Z`;
