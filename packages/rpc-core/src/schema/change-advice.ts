/** Ends the message of each error that means that the two sides define a type differently. */
export const CHANGE_ADVICE = 'serve the change as a new version of the service beside the old one'
