/** The end of each error message about a type that the two sides define differently. */
export const CHANGE_ADVICE = 'serve the change as a new version of the service beside the old one'
