/** The style sheet, in the order in which rules may override each other. */
import { baseStyles } from "./styles/base.ts";
import { componentStyles } from "./styles/components.ts";
import { formStyles } from "./styles/forms.ts";
import { frameStyles } from "./styles/frame.ts";
import { tableStyles } from "./styles/tables.ts";

export const styles = [baseStyles, frameStyles, formStyles, tableStyles, componentStyles].join("\n");
