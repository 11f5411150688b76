using System.Runtime.InteropServices;
using Xunit;

namespace EdgePool.Xmpp.Tests.Framing;

/// <summary>What expat made of a document.</summary>
/// <param name="Accepted">No error so far.</param>
/// <param name="Elements">The infosets of the complete elements directly inside the root.</param>
/// <param name="Rule">The rule of RFC 6120 that the document breaks although it is well-formed XML; null for none.</param>
/// <param name="Error">Expat's error.</param>
internal sealed record ExpatResult(bool Accepted, List<string> Elements, string? Rule, string? Error);

/// <summary>
/// The parser inside most XMPP servers, called as they call it. It also notes what RFC 6120 forbids beyond XML, so that
/// "expat accepts and no rule is broken" is the exact opposite of what a framer must refuse.
/// </summary>
internal sealed class Expat
{
    private const string Library = "libexpat.so.1";
    private const char Separator = '\u0001';
    private const string StreamsNamespace = "http://etherx.jabber.org/streams";

    private readonly StartHandler start;
    private readonly EndHandler end;
    private readonly TextHandler text;
    private readonly CommentHandler comment;
    private readonly InstructionHandler instruction;
    private readonly DoctypeHandler doctype;
    private readonly DeclarationHandler declaration;
    private InfosetBuilder builder = new();
    private List<string> elements = [];
    private string? rule;
    private int depth;

    public Expat()
    {
        start = OnStart;
        end = OnEnd;
        text = OnText;
        comment = (_, _) => rule ??= "comment";
        instruction = (_, _, _) => rule ??= "processing instruction";
        doctype = (_, _, _, _, _) => rule ??= "document type";
        declaration = OnDeclaration;
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void StartHandler(nint data, nint name, nint attributes);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void EndHandler(nint data, nint name);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void TextHandler(nint data, nint text, int length);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void CommentHandler(nint data, nint text);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void InstructionHandler(nint data, nint target, nint text);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void DoctypeHandler(nint data, nint name, nint system, nint @public, int hasSubset);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void DeclarationHandler(nint data, nint version, nint encoding, int standalone);

    /// <summary>Skips the test where the library is not installed.</summary>
    public static void SkipWithout()
    {
        if (!NativeLibrary.TryLoad(Library, typeof(Expat).Assembly, null, out _))
        {
            Assert.Skip($"{Library} is not installed (Debian: libexpat1)");
        }
    }

    /// <summary>Reads with namespace processing.</summary>
    /// <param name="document">The bytes.</param>
    /// <param name="isFinal">Nothing follows; false for the beginning of a document.</param>
    public ExpatResult Read(byte[] document, bool isFinal)
    {
        builder = new InfosetBuilder();
        elements = [];
        rule = null;
        depth = 0;
        var parser = XML_ParserCreateNS(null, (byte)Separator);
        XML_SetElementHandler(parser, start, end);
        XML_SetCharacterDataHandler(parser, text);
        XML_SetCommentHandler(parser, comment);
        XML_SetProcessingInstructionHandler(parser, instruction);
        XML_SetStartDoctypeDeclHandler(parser, doctype);
        XML_SetXmlDeclHandler(parser, declaration);
        var error = Parse(parser, document, isFinal);
        return new ExpatResult(error is null, elements, rule, error);
    }

    /// <summary>True when expat accepts without namespace processing.</summary>
    public static bool AcceptsPlain(byte[] document, bool isFinal) => Parse(XML_ParserCreate(null), document, isFinal) is null;

    private static string? Parse(nint parser, byte[] document, bool isFinal)
    {
        try
        {
            var accepted = XML_Parse(parser, document, document.Length, isFinal ? 1 : 0) != 0;
            return accepted ? null : Marshal.PtrToStringUTF8(XML_ErrorString(XML_GetErrorCode(parser)));
        }
        finally
        {
            XML_ParserFree(parser);
        }
    }

    private void OnStart(nint data, nint name, nint attributes)
    {
        var (space, local) = Split(name);
        var read = new List<(string Namespace, string Name, string Value)>();
        for (var index = 0; Marshal.ReadIntPtr(attributes, index * nint.Size) is var attribute && attribute != 0; index += 2)
        {
            var (attributeSpace, attributeName) = Split(attribute);
            read.Add((attributeSpace, attributeName, Marshal.PtrToStringUTF8(Marshal.ReadIntPtr(attributes, (index + 1) * nint.Size))!));
        }

        depth++;
        if (depth == 2 && string.Equals(space, StreamsNamespace, StringComparison.Ordinal) && string.Equals(local, "stream", StringComparison.Ordinal))
        {
            rule ??= "nested header";
        }

        if (depth > 1)
        {
            builder.Start(space, local, read);
        }
    }

    private void OnEnd(nint data, nint name)
    {
        if (depth-- > 1 && builder.End() is { } complete)
        {
            elements.Add(complete);
        }
    }

    private void OnText(nint data, nint characters, int length)
    {
        var value = Marshal.PtrToStringUTF8(characters, length);
        if (depth > 1)
        {
            builder.Text(value);
        }
        else if (value.AsSpan().ContainsAnyExcept(" \t\r\n"))
        {
            rule ??= "text between elements";
        }
    }

    private void OnDeclaration(nint data, nint version, nint encoding, int standalone)
    {
        if (!string.Equals(Marshal.PtrToStringUTF8(version), "1.0", StringComparison.Ordinal))
        {
            rule ??= "version";
        }

        if (encoding != 0 && !string.Equals(Marshal.PtrToStringUTF8(encoding), "utf-8", StringComparison.OrdinalIgnoreCase))
        {
            rule ??= "encoding";
        }
    }

    private static (string Namespace, string Name) Split(nint name)
    {
        var joined = Marshal.PtrToStringUTF8(name)!;
        var at = joined.IndexOf(Separator, StringComparison.Ordinal);
        return at < 0 ? (string.Empty, joined) : (joined[..at], joined[(at + 1)..]);
    }

    [DllImport(Library, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint XML_ParserCreate(string? encoding);

    [DllImport(Library, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint XML_ParserCreateNS(string? encoding, byte separator);

    [DllImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void XML_SetElementHandler(nint parser, StartHandler start, EndHandler end);

    [DllImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void XML_SetCharacterDataHandler(nint parser, TextHandler text);

    [DllImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void XML_SetCommentHandler(nint parser, CommentHandler comment);

    [DllImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void XML_SetProcessingInstructionHandler(nint parser, InstructionHandler instruction);

    [DllImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void XML_SetStartDoctypeDeclHandler(nint parser, DoctypeHandler doctype);

    [DllImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void XML_SetXmlDeclHandler(nint parser, DeclarationHandler declaration);

    [DllImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int XML_Parse(nint parser, byte[] document, int length, int isFinal);

    [DllImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int XML_GetErrorCode(nint parser);

    [DllImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint XML_ErrorString(int code);

    [DllImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void XML_ParserFree(nint parser);
}
