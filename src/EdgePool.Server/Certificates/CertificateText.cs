using System.Globalization;
using System.Text.Json;

namespace EdgePool.Server.Certificates;

/// <summary>Writes facts for people and for scripts.</summary>
internal static class CertificateText
{
    private const int LabelWidth = 11;

    /// <summary>JSON as every command about certificates writes it: one line.</summary>
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web);

    /// <summary>One line a fact, indented by two.</summary>
    public static void Write(CertificateFacts facts, TextWriter output)
    {
        Line("subject", facts.Subject.Length == 0 ? "(empty)" : facts.Subject);
        Names(facts.Names);
        Line("issuer", facts.Issuer);
        if (facts is { ValidFrom: { } from, ValidUntil: { } until, DaysLeft: { } days })
        {
            Line("valid", $"{CertificateFacts.Day(from)} to {CertificateFacts.Day(until)} ({Left(days)})");
        }

        Line("purposes", facts.Purposes.Count == 0 ? "any (none is named)" : string.Join(", ", facts.Purposes));
        Line("key", facts.Key);
        Line("key hash", "sha256:" + facts.KeyHash);
        Line("signature", facts.Signature);
        Line("serial", facts.Serial);

        void Names(IReadOnlyList<string>? names)
        {
            if (names is not { Count: > 0 })
            {
                Line("names", names is null ? "(broken extension)" : "(none)");
                return;
            }

            for (var i = 0; i < names.Count; i++)
            {
                Line(i == 0 ? "names" : "", names[i]);
            }
        }

        void Line(string label, string? value)
        {
            if (value is not null)
            {
                output.WriteLine($"  {label.PadRight(LabelWidth)}{value}");
            }
        }
    }

    /// <summary>How long it is still valid, in words.</summary>
    public static string Left(int days) => days switch
    {
        < 0 => "expired",
        0 => "expires within a day",
        1 => "1 day left",
        _ => string.Create(CultureInfo.InvariantCulture, $"{days} days left"),
    };
}
