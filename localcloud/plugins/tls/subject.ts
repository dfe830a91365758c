import { z } from "zod";

export const subjectSchema = z.object({
  commonName: z.string().optional(),
  country: z.string().optional(),
  emailAddress: z.string().optional(),
  locality: z.string().optional(),
  organization: z.string().optional(),
  organizationalUnit: z.string().optional(),
  postalCode: z.string().optional(),
  province: z.string().optional(),
  serialNumber: z.string().optional(),
  streetAddresses: z.array(z.string()).optional(),
});

/** In the order of a distinguished name: the broadest first. */
const attributes: [keyof z.infer<typeof subjectSchema>, string][] = [
  ["country", "C"], ["organization", "O"], ["organizationalUnit", "OU"], ["locality", "L"], ["province", "ST"], ["streetAddresses", "2.5.4.9"],
  ["postalCode", "2.5.4.17"], ["serialNumber", "2.5.4.5"], ["commonName", "CN"], ["emailAddress", "E"],
];

/** As @peculiar/x509 takes names: each attribute a relative name of its own. */
export function nameOf(subject: z.infer<typeof subjectSchema> | undefined): Record<string, string[]>[] {
  return attributes.flatMap(([key, attribute]) => {
    const value = subject?.[key];
    if (value === undefined) return [];
    return (Array.isArray(value) ? value : [value]).map((one) => ({ [attribute]: [one] }));
  });
}
