/** Prints the findings of a check and sets the exit code. */
export function report(check, { problems, warnings = [], seen }) {
  for (const warning of warnings) console.warn(`${check}: warning: ${warning}`)
  for (const problem of problems) console.error(`${check}: ${problem}`)
  if (problems.length > 0) process.exitCode = 1
  console.log(`${check}: ${seen}, ${problems.length} problem${problems.length === 1 ? '' : 's'}`)
}
