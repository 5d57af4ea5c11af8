/** The part of Standard Schema v1 (https://standardschema.dev) that structs implement. */
export interface StandardSchema<Input = unknown, Output = Input> {
  /** The properties of Standard Schema. */
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<Output>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

/** The result of a validation: a value or issues. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

/** A part of a value that does not fit. */
export interface StandardIssue {
  /** The message: the expectation and the finding. */
  readonly message: string
  /** The steps to the part. */
  readonly path?: readonly PropertyKey[] | undefined
}
