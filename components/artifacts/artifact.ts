/** A file that machines fetch from the private bucket. */
export interface Artifact {
  /** In the bucket; holds a hash of the content, so that what was once fetched never changes. */
  key: string;
  /** On this machine. */
  path: string;
  /** Of the file at `path`. */
  sha256: string;
}
