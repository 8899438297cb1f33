(* Loaded into Frama-C: after an analysis, prints which lines of the program it reached. A line in a
   function that was inlined is reached if it is in one of the copies. *)
let () = Db.Main.extend (fun () ->
  if Db.Value.is_computed () then begin
    let lines = Hashtbl.create 1000 in
    let visitor = object
      inherit Visitor.frama_c_inplace
      method! vstmt_aux stmt =
        let start = fst (Cil_datatype.Stmt.loc stmt) in
        let line = start.Filepath.pos_path, start.Filepath.pos_lnum in
        let before = Hashtbl.mem lines line && Hashtbl.find lines line in
        Hashtbl.replace lines line (before || Db.Value.is_reachable_stmt stmt);
        Cil.DoChildren
    end in
    Visitor.visitFramacFileSameGlobals visitor (Ast.get ());
    Hashtbl.iter (fun (path, line) reached ->
      Format.printf "%s %a:%d@." (if reached then "reached" else "unreached")
        Filepath.Normalized.pp_abs path line) lines
  end)
