using Spectre.Console;
using Spectre.Console.Rendering;

namespace EdgePool.Server.Tests.Certificates;

/// <summary>A terminal at which a test has typed already: each answer ends with Enter.</summary>
internal sealed class ScriptedConsole : IAnsiConsole, IAnsiConsoleInput
{
    private readonly StringWriter written = new();
    private readonly IAnsiConsole inner;
    private readonly Queue<ConsoleKeyInfo> keys;

    public ScriptedConsole(params string[] answers)
    {
        keys = new(answers.SelectMany(answer => answer.Select(letter => new ConsoleKeyInfo(letter, default, shift: false, alt: false, control: false))
            .Append(new ConsoleKeyInfo('\r', ConsoleKey.Enter, shift: false, alt: false, control: false))));
        inner = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Interactive = InteractionSupport.Yes, Out = new AnsiConsoleOutput(written) });
        inner.Profile.Width = 200;
    }

    /// <summary>What was shown.</summary>
    public string Text => written.ToString();

    public bool IsAnswered => keys.Count == 0;

    public Profile Profile => inner.Profile;

    public IAnsiConsoleCursor Cursor => inner.Cursor;

    public IAnsiConsoleInput Input => this;

    public IExclusivityMode ExclusivityMode => inner.ExclusivityMode;

    public RenderPipeline Pipeline => inner.Pipeline;

    public void Clear(bool home) => inner.Clear(home);

    public void Write(IRenderable renderable) => inner.Write(renderable);

    public bool IsKeyAvailable() => keys.Count > 0;

    public ConsoleKeyInfo? ReadKey(bool intercept) => keys.TryDequeue(out var key) ? key : throw new InvalidOperationException("a question too many: " + Text);

    public Task<ConsoleKeyInfo?> ReadKeyAsync(bool intercept, CancellationToken cancellationToken) => Task.FromResult(ReadKey(intercept));
}
