// A page with a field, a button and an answer.
const [field, button, answer] = (['input', 'button', 'output'] as const).map((name) =>
  document.body.appendChild(document.createElement(name)),
)

button?.append('greet')
button?.addEventListener('click', () => {
  if (field instanceof HTMLInputElement) answer?.append(`hello ${field.value}`)
})
