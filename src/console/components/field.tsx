/** Fields of a form, each with its label, its hint, and what was wrong with what was typed. */
import type { Child } from "hono/jsx";

type FieldProps = {
  name: string;
  label: string;
  /** What was typed the last time. */
  typed?: string | undefined;
  error?: string | undefined;
  hint?: Child;
};

type InputProps = FieldProps & {
  type?: "text" | "email" | "number" | "search" | "url" | "password";
  required?: boolean;
  autocomplete?: string;
  maxlength?: number;
  min?: number;
  max?: number;
  placeholder?: string;
};

const described = ({ name, error, hint }: FieldProps): string | undefined =>
  [...(error === undefined ? [] : [`${name}-error`]), ...(hint === undefined ? [] : [`${name}-hint`])].join(
    " ",
  ) || undefined;

const Remarks = ({ name, error, hint }: Pick<FieldProps, "name" | "error" | "hint">) => (
  <>
    {hint !== undefined && (
      <p class="hint" id={`${name}-hint`}>
        {hint}
      </p>
    )}
    {error !== undefined && (
      <p class="field-error" id={`${name}-error`}>
        {error}
      </p>
    )}
  </>
);

export const TextField = (props: InputProps) => {
  const { name, label, typed, error, hint, type = "text", required = false } = props;
  const { autocomplete = "off", maxlength, min, max, placeholder } = props;
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <input
        id={name}
        name={name}
        type={type}
        value={typed}
        required={required}
        autocomplete={autocomplete}
        maxlength={maxlength}
        min={min}
        max={max}
        placeholder={placeholder}
        aria-invalid={error === undefined ? undefined : "true"}
        aria-describedby={described(props)}
      />
      <Remarks name={name} error={error} hint={hint} />
    </div>
  );
};

export type Option = { value: string; label: string };

export const SelectField = (props: FieldProps & { options: readonly Option[]; required?: boolean }) => {
  const { name, label, typed, error, hint, options, required = false } = props;
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <select
        id={name}
        name={name}
        required={required}
        aria-invalid={error === undefined ? undefined : "true"}
        aria-describedby={described(props)}
      >
        {options.map((option) => (
          <option value={option.value} selected={option.value === typed}>
            {option.label}
          </option>
        ))}
      </select>
      <Remarks name={name} error={error} hint={hint} />
    </div>
  );
};

type Choice = Option & { explanation: string; disabled?: boolean };

/** One of a few, each with a sentence about it. */
export const ChoiceField = ({
  name,
  label,
  typed,
  error,
  choices,
}: FieldProps & { choices: readonly Choice[] }) => (
  <fieldset class="field choices" aria-describedby={error === undefined ? undefined : `${name}-error`}>
    <legend>{label}</legend>
    {choices.map(({ value, label: choice, explanation, disabled = false }) => (
      <label class="choice">
        <input
          type="radio"
          name={name}
          value={value}
          checked={value === typed}
          disabled={disabled}
          required
        />
        <span>
          <strong>{choice}</strong>
          <span class="hint">{explanation}</span>
        </span>
      </label>
    ))}
    <Remarks name={name} error={error} />
  </fieldset>
);

type CheckProps = { name: string; label: string; hint: string; checked: boolean };

/** Yes or no, with a sentence about what yes means. */
export const CheckField = ({ name, label, hint, checked }: CheckProps) => (
  <label class="choice">
    <input type="checkbox" name={name} checked={checked} aria-describedby={`${name}-hint`} />
    <span>
      <strong>{label}</strong>
      <span class="hint" id={`${name}-hint`}>
        {hint}
      </span>
    </span>
  </label>
);
